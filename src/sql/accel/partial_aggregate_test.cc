#include "sql/accel/partial_aggregate.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/accel/partial_fixture.h"

namespace icefall {
namespace {

TEST_F(PartialAggregateSql, ComputesOnlyTheUnitThatChanged) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 7 AS g, (range % 1000)::INTEGER AS v, "
      "(range % 100000 / 100)::DECIMAL(9,2) AS d FROM range(500000)");
  const std::string sql =
      "SELECT g, count(*), sum(v), avg(v), min(k), max(d), sum(d * 2), avg(d) FROM t "
      "GROUP BY g ORDER BY g";
  EXPECT_EQ(States(sql), "0 kept, 5");
  ExpectSame(sql);
  EXPECT_EQ(States(sql), "5 kept, 0");
  ExpectSame(sql);
  Run("UPDATE t SET v = v + 1 WHERE k = 200000");
  EXPECT_EQ(States(sql), "5 kept, 0");
  EXPECT_EQ(Corrected(sql), "1");
  ExpectSame(sql);
  EXPECT_EQ(Corrected(sql), "0");
  // The second has the only row of the group with the least `k`.
  Run("DELETE FROM t WHERE k = 150000 OR k = 491520");
  EXPECT_EQ(States(sql), "4 kept, 1");
  EXPECT_EQ(Corrected(sql), "1");
  ExpectSame(sql);
  Run("DELETE FROM t WHERE k % 100 = 3 AND k < 200000");
  EXPECT_EQ(States(sql), "3 kept, 2");
  ExpectSame(sql);
}

TEST_F(PartialAggregateSql, SumsIntegersOfEverySizeAndSign) {
  Run("CREATE TABLE t AS SELECT i AS k, i % 3 AS g, (i % 60000 - 30000)::SMALLINT AS s, "
      "CASE WHEN i % 5 > 0 THEN ((hash(i) % 4294967296)::BIGINT - 2147483648)::INTEGER END AS i, "
      "CASE WHEN i % 7 > 0 THEN (hash(i, 1) % 9223372036854775807)::BIGINT * "
      "(CASE WHEN i % 2 = 0 THEN -1 ELSE 1 END) END AS b, "
      "(hash(i, 2) % 1000000000000)::DECIMAL(18,3) - 500000000000 AS d, NULL::BIGINT AS n "
      "FROM range(300000) r(i)");
  Run("INSERT INTO t SELECT -1 - range, 1, -32768, -2147483648, -9223372036854775808, -1, NULL "
      "FROM range(200000)");
  const std::string sums = "sum(s), sum(i), sum(b), sum(d), sum(n), avg(b), avg(d), avg(n)";
  for (const std::string& sql :
       {"SELECT " + sums + " FROM t", "SELECT " + sums + " FROM t WHERE s % 10 < 2 AND g < 2",
        "SELECT " + sums + " FROM t WHERE k < 0",
        "SELECT g, " + sums + " FROM t GROUP BY g ORDER BY g"}) {
    ExpectSame(sql);  // computed
    ExpectSame(sql);  // kept
  }
}

TEST_F(PartialAggregateSql, ComposesOtherQueriesFromStates) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 7 AS g, range % 3 AS h, range::INTEGER AS v "
      "FROM range(300000)");
  const std::string finest =
      "SELECT g, h, sum(v), count(v), max(v) FROM t GROUP BY ALL ORDER BY 1, 2";
  ExpectSame(finest);
  for (const std::string sql :
       {"SELECT h, avg(v) AS a FROM t GROUP BY h ORDER BY h", "SELECT max(v), sum(v) FROM t",
        "SELECT count(v), g FROM t GROUP BY g ORDER BY g",
        "SELECT sum(renamed) FROM (SELECT v AS renamed FROM t)"}) {
    EXPECT_EQ(States(sql), "3 kept, 0") << sql;
    ExpectSame(sql);
  }
  for (const std::string sql :
       {"SELECT g, min(v) FROM t GROUP BY g ORDER BY g", "SELECT sum(v) FROM t WHERE h = 1",
        "SELECT sum(v + 1) FROM t GROUP BY g % 2 ORDER BY 1"}) {
    EXPECT_EQ(States(sql), "0 kept, 3") << sql;
    ExpectSame(sql);
  }
}

TEST_F(PartialAggregateSql, FiltersOfAggregatesArePartOfTheirStates) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 7 AS g, CASE WHEN range % 5 > 0 THEN "
      "range % 11 END AS v, (range / 8)::DOUBLE AS f, 'text ' || range % 13 AS s "
      "FROM range(300000)");
  Run("DELETE FROM t WHERE k % 1000 = 3");
  const std::string sql =
      "SELECT g, count(*) FILTER (v > 3), count(v) FILTER (k % 2 = 0), sum(v) FILTER (v > 3), "
      "avg(v) FILTER (s <> 'text 1'), min(s) FILTER (WHERE v IS NULL), max(f) FILTER (k < 0), "
      "sum(f) FILTER (v > 3), stddev_pop(f) FILTER (v = 3), count(DISTINCT s) FILTER (v = 4), "
      "sum(DISTINCT v) FILTER (k > 1000), approx_count_distinct(s) FILTER (v > 9), "
      "approx_quantile(v, 0.5) FILTER (v > 3) FROM t GROUP BY g ORDER BY g";
  EXPECT_EQ(States(sql), "0 kept, 3");
  Run("CREATE TABLE memory.main.t AS FROM t");
  const auto plain = [](std::string text) {
    return text.replace(text.find("FROM t"), 6, "FROM memory.main.t");
  };
  // Whose answer is neither rounded in another way nor an estimate.
  const std::string exact =
      "SELECT count(*) FILTER (v > 3), count(v) FILTER (k % 2 = 0), sum(v) FILTER (v > 3), "
      "avg(v) FILTER (s <> 'text 1'), min(s) FILTER (WHERE v IS NULL), max(f) FILTER (k < 0), "
      "sum(f) FILTER (v > 3), count(DISTINCT s) FILTER (v = 4), sum(DISTINCT v) FILTER (k > 1000) "
      "FROM t GROUP BY g ORDER BY g";
  const auto first = Rows(sql);
  EXPECT_EQ(Rows(sql), first);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(States(exact), "3 kept, 0");
    EXPECT_EQ(Rows(exact), Rows(plain(exact)));
    Run("DELETE FROM t WHERE k = 77777");
    Run("DELETE FROM memory.main.t WHERE k = 77777");
    EXPECT_EQ(States(exact), i == 0 ? "2 kept, 1" : "3 kept, 0");
    ExpectSame(exact);
  }
  // One state serves all aggregates that have its filter, and none that has another.
  EXPECT_EQ(States("SELECT avg(v) FILTER (v > 3) FROM t"), "0 kept, 3");
  ExpectSame("SELECT avg(v) FILTER (v > 3) FROM t");
  EXPECT_EQ(States("SELECT sum(v) FILTER (v > 3), count(v) FILTER (v > 3) FROM t"), "3 kept, 0");
  EXPECT_EQ(States("SELECT sum(v) FILTER (v > 4) FROM t"), "0 kept, 3");
  EXPECT_EQ(States("SELECT sum(v) FROM t"), "0 kept, 3");
  EXPECT_EQ(States("SELECT sum(v) FILTER (random() < 0.5) FROM t"), "");
}

TEST_F(PartialAggregateSql, QueriesThatDoNotComeBackPayNothing) {
  Run("SET icefall_partial_queries_min = 2");
  Run("CREATE TABLE t AS SELECT range AS k, range % 7 AS g, range / 3 AS d FROM range(300000)");
  const std::string sql = "SELECT g, sum(k) FROM t WHERE k > 5 GROUP BY g ORDER BY g";
  EXPECT_EQ(States(sql), "");
  EXPECT_EQ(States("SELECT min(k) FROM t"), "");
  // Its filter is another one, but that it comes back is what counts.
  EXPECT_EQ(States("SELECT g, sum(k) FROM t WHERE k > 7 GROUP BY g ORDER BY g"), "0 kept, 3");
  EXPECT_EQ(States(sql), "0 kept, 3");
  ExpectSame(sql);
  // Never asked before, and answered by what is there.
  EXPECT_EQ(States("SELECT sum(k) FROM t WHERE k > 5"), "3 kept, 0");
  // Rounded in one way only.
  EXPECT_EQ(States("SELECT sum(d) FROM t"), "0 kept, 3");
  Run("CALL icefall_clear_cache()");
  EXPECT_EQ(States(sql), "");
}

TEST_F(PartialAggregateSql, StatisticsTellOfFilesOfOneKey) {
  Run("CREATE TABLE t(part VARCHAR, day DATE, k BIGINT, v INTEGER, f DOUBLE) "
      "PARTITIONED BY (part, day)");
  Run("INSERT INTO t SELECT CASE WHEN range % 3 > 0 THEN 'part ' || range % 3 END, "
      "DATE '2026-01-01' + (range % 2)::INTEGER, range, CASE WHEN range % 3 = 1 THEN range END, "
      "CASE range % 2 WHEN 0 THEN 0.0 ELSE -0.0 END FROM range(60000)");
  const std::string sql =
      "SELECT part, count(*), count(v), min(k), max(k), max(day) FROM t GROUP BY part ORDER BY "
      "part";
  EXPECT_THAT(Plan(sql), ::testing::HasSubstr("Statistics: 6 files"));
  EXPECT_EQ(States(sql), "0 kept, 0");
  ExpectSame(sql);
  ExpectSame("SELECT day, part, count(*) FROM t WHERE part = 'part 1' GROUP BY ALL ORDER BY ALL");
  ExpectSame("SELECT part, count(*) FROM t WHERE k % 7 = 1 GROUP BY part ORDER BY part");
  ExpectSame("SELECT f, count(*) FROM t GROUP BY f");
  // Neither this sum nor bounds of rows that may be deleted are in statistics.
  EXPECT_EQ(States("SELECT part, sum(k) FROM t GROUP BY part ORDER BY part"), "0 kept, 6");
  Run("DELETE FROM t WHERE k = 1 OR k = 59998 OR k = 30000");
  const std::string constants =
      "SELECT part, count(*), count(v), min(day) FROM t GROUP BY part ORDER BY part";
  EXPECT_EQ(States(constants), "0 kept, 0");
  ExpectSame(constants);
  EXPECT_EQ(States(sql), "0 kept, 3");
  ExpectSame(sql);
  Run("DELETE FROM t WHERE part IS NULL");
  ExpectSame(sql);
}

TEST_F(PartialAggregateSql, RangesScanOnlyFilesTheyCut) {
  Run("CREATE TABLE t (k INTEGER, v INTEGER)");
  for (int i = 0; i < 10; ++i) {
    Run(fmt::format("INSERT INTO t SELECT range, range % 10 FROM range({}, {})", i * 1000,
                    i * 1000 + 1000));
  }
  ExpectSame("SELECT sum(v), count(*) FROM t");
  const std::string range = "SELECT sum(v), count(*) FROM t WHERE k >= 1500 AND k < 8000";
  EXPECT_EQ(States(range), "6 kept, 1");
  ExpectSame(range);
  EXPECT_EQ(States(range), "7 kept, 0");
  // Statistics tell of the files that are not cut.
  EXPECT_EQ(States("SELECT count(*) FROM t WHERE k >= 1500 AND k < 9000"), "1 kept, 0");
  EXPECT_EQ(States("SELECT count(*) FROM t WHERE k >= 1500 AND k < 8500"), "1 kept, 1");
  ExpectSame("SELECT sum(v), count(*) FROM t WHERE k >= 1500 AND k < 8500");
}

// The same bits whatever was kept, and however many threads computed it.
TEST_F(PartialAggregateSql, FloatingSumsDoNotDependOnWhatIsKept) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 5 AS g, "
      "(hash(range) % 1000003) * pow(10, (hash(range, 1) % 30)::INTEGER - 15) * "
      "CASE WHEN range % 2 = 0 THEN 1 ELSE -1 END AS f FROM range(400000)");
  Run("DELETE FROM t WHERE k % 1000 = 1");
  const std::string sql =
      "SELECT sum(f), avg(f), var_samp(f), stddev_pop(f), sum(f) FROM t GROUP BY g ORDER BY g";
  const auto first = Rows(sql);
  EXPECT_EQ(States(sql), "4 kept, 0");
  EXPECT_EQ(Rows(sql), first);
  Run("CALL icefall_clear_cache()");
  EXPECT_EQ(States(sql), "0 kept, 4");
  Run("SET threads = 1");
  EXPECT_EQ(Rows(sql), first);
  Run("CREATE TABLE reversed AS SELECT * FROM t ORDER BY k DESC");
  EXPECT_EQ(Rows("SELECT sum(f), avg(f), var_samp(f), stddev_pop(f), sum(f) FROM reversed "
                 "GROUP BY g ORDER BY g"),
            first);
  EXPECT_EQ(Rows("SELECT bool_and(abs(a - b) <= abs(b) * 1e-9) FROM (SELECT var_samp(f) AS a "
                 "FROM t) x, (SELECT var_samp(f) AS b FROM (SELECT f FROM t LIMIT 1000000)) y"),
            "true");
}

TEST_F(PartialAggregateSql, TransactionsAndTheirRollbackAreSeen) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 4 AS g FROM range(200000)");
  const std::string sql = "SELECT g, sum(k), count(*) FROM t GROUP BY g ORDER BY g";
  ExpectSame(sql);
  Run("BEGIN");
  Run("INSERT INTO t SELECT range, 9 FROM range(1000)");
  Run("DELETE FROM t WHERE k = 77");
  Run("UPDATE t SET k = 0 WHERE k = 150000");
  Run("INSERT INTO t VALUES (1, 1)");
  ExpectSame(sql);
  ExpectSame(sql);
  Run("ROLLBACK");
  EXPECT_EQ(States(sql), "2 kept, 0");
  ExpectSame(sql);
}

TEST_F(PartialAggregateSql, OtherPointsInTimeAndOtherTablesAreTheirOwn) {
  Run("CREATE TABLE t AS SELECT range AS k FROM range(200000)");
  const auto before = Rows("SELECT sum(k), max(k) FROM t");
  Run("DELETE FROM t WHERE k > 190000");
  const auto after = Rows("SELECT sum(k), max(k) FROM t");
  EXPECT_NE(before, after);
  EXPECT_EQ(Rows("SELECT sum(k), max(k) FROM t AT (VERSION => 1)"), before);
  EXPECT_EQ(Rows("SELECT sum(k), max(k) FROM t"), after);
  Run("CREATE OR REPLACE TABLE t AS SELECT range AS k FROM range(10)");
  EXPECT_EQ(Rows("SELECT sum(k), max(k) FROM t"), "45|9");
}

TEST_F(PartialAggregateSql, ColumnsAreKnownByWhatTheyAre) {
  Run("CREATE TABLE t AS SELECT range::INTEGER AS a, (range * 2)::INTEGER AS b FROM range(1000)");
  ExpectSame("SELECT sum(a), sum(b) FROM t");
  Run("ALTER TABLE t RENAME COLUMN a TO c");
  Run("ALTER TABLE t RENAME COLUMN b TO a");
  EXPECT_EQ(States("SELECT sum(c) FROM t"), "1 kept, 0");
  ExpectSame("SELECT sum(a), sum(c) FROM t");
  Run("ALTER TABLE t DROP COLUMN a");
  Run("ALTER TABLE t ADD COLUMN a INTEGER DEFAULT 5");
  EXPECT_EQ(Rows("SELECT sum(a), sum(c) FROM t"), "5000|499500");
  Run("ALTER TABLE t ALTER c TYPE BIGINT");
  ExpectSame("SELECT sum(a), sum(c), avg(c), max(c) FROM t");
  Run("INSERT INTO t SELECT range + 10000000000, 1 FROM range(500)");
  ExpectSame("SELECT sum(a), sum(c), avg(c), max(c) FROM t");
}

TEST_F(PartialAggregateSql, LeavesWhatDoesNotPayOrCannotBeAddedUp) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 10 AS g, random() AS f FROM range(300000)");
  EXPECT_EQ(States("SELECT k, count(*) FROM t GROUP BY k"), "");
  EXPECT_EQ(States("SELECT count(DISTINCT k) FROM t"), "");
  EXPECT_EQ(States("SELECT list(DISTINCT g) FROM t"), "");
  EXPECT_EQ(States("SELECT median(k) FROM t"), "");
  EXPECT_EQ(States("SELECT sum(k) FROM t WHERE random() < 0.5"), "");
  EXPECT_EQ(States("SELECT sum(k) FROM t USING SAMPLE 10%"), "");
  Run("SET icefall_partial_rows_min = 300001");
  EXPECT_EQ(States("SELECT sum(k) FROM t"), "");
  Run("SET icefall_partial_rows_min = 300000");
  EXPECT_EQ(States("SELECT sum(k) FROM t"), "0 kept, 3");
}

TEST_F(PartialAggregateSql, ExplainTellsWhyNot) {
  Run("SET icefall_metadata_aggregates = true");
  Run("SET icefall_partial_queries_min = 2");
  Run("CREATE TABLE t AS SELECT range AS k, range % 10 AS g FROM range(300000)");
  const auto note = [&](const std::string& sql) {
    // Lines of a box as one text.
    auto plan = Plan(sql);
    std::erase_if(plan, [](char c) { return c == '\n' || (c & 0x80) != 0 || c == ' '; });
    return plan;
  };
  const auto expect = [&](const std::string& sql, std::string text) {
    std::erase(text, ' ');
    EXPECT_THAT(note(sql), ::testing::HasSubstr(text)) << Plan(sql);
  };
  const std::string sql = "SELECT g, sum(k) FROM t GROUP BY g";
  expect(sql, "Partial aggregates: not used: first seen");
  expect(sql, "Partial aggregates: used");
  expect("SELECT list(DISTINCT g) FROM t", "not used: no states of list(DISTINCT");
  expect("SELECT k, sum(k) FROM t GROUP BY k", "not used: first seen");
  expect("SELECT k, sum(k) FROM t GROUP BY k", "not used: too many groups");
  expect("SELECT count(*), max(k) FROM t", "Metadata: used for all rows");
  expect("SELECT sum(k) FROM t", "Metadata: not used");
  Run("SET icefall_partial_rows_min = 300001");
  expect(sql, "not used: fewer than 300001 rows");
  Run("SET icefall_partial_aggregates = false");
  expect(sql, "Partial aggregates: not used: switched off");
  EXPECT_EQ(connection().Prepare("EXPLAIN " + sql)->GetError(), "");
}

TEST_F(PartialAggregateSql, StaysWithinItsBudget) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 1000 AS g FROM range(300000)");
  Run("SET icefall_partial_files_mib = 0");
  Run("SET icefall_partial_aggregates_mib = 0");
  const std::string sql = "SELECT g, sum(k) FROM t GROUP BY g ORDER BY g";
  ExpectSame(sql);
  EXPECT_EQ(States(sql), "0 kept, 3");
  Run("SET icefall_partial_aggregates_mib = 1");
  for (int i = 0; i < 40; ++i) {
    ExpectSame(fmt::format("SELECT g, sum(k) FROM t WHERE k % 100 <> {} GROUP BY g ORDER BY g", i));
  }
  const auto kept = Rows(
      "SELECT size_bytes BETWEEN 1 AND 1048576 FROM icefall_cache() WHERE kind = 'states' AND name "
      "= 'all in memory'");
  EXPECT_EQ(kept, "true");
}

// Cuts, changes and removes some of them.
class DamagedPartialAggregateSql : public PartialAggregateSql {
 protected:
  void DamageStateFiles(std::mt19937& random) {
    for (const auto& path : StateFilePaths()) {
      const auto size = std::max<uint64_t>(std::filesystem::file_size(path), 1);
      switch (random() % 4) {
        case 0:
          std::filesystem::remove(path);
          break;
        case 1:
          std::filesystem::resize_file(path, random() % size);
          break;
        case 2: {
          std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
          file.seekp(static_cast<std::streamoff>(random() % size));
          file.put(static_cast<char>(random()));
          break;
        }
        default:
          break;
      }
    }
  }
};

// Random changes of two tables and random questions about them.
class Questions {
 public:
  explicit Questions(uint32_t seed) : random_(seed) {}

  static constexpr auto kColumns =
      "(k INTEGER, b BIGINT, s VARCHAR, f DOUBLE, d DATE, c DECIMAL(9,2), e DECIMAL(18,4), "
      "w UTINYINT, z SMALLINT, o BOOLEAN)";

  size_t Pick(size_t limit) { return static_cast<size_t>(random_() % limit); }
  std::mt19937& random() { return random_; }

  // Before and after the table's name.
  std::array<std::string, 2> Change() {
    const auto low = Pick(2000);
    switch (Pick(5)) {
      case 0:
      case 1:
        return {"INSERT INTO",
                fmt::format("SELECT i, -i::BIGINT * 100000000000000, CASE WHEN i % 7 <> {} THEN "
                            "'text ' || i % 11 END, CASE WHEN i % 50 = 3 THEN {} ELSE i / 8 END, "
                            "DATE '2000-01-01' + (i % 40)::INTEGER, (i % 13 / 4)::DECIMAL(9,2), "
                            "(i * 1.0001)::DECIMAL(18,4), i % 25, i % 30, CASE WHEN i % 3 > 0 THEN "
                            "i % 2 = 0 END FROM range({}, {}) r(i)",
                            Pick(9), Pick(2) == 0 ? "'nan'" : "'-inf'", low, low + 1 + Pick(600))};
      case 2:
        return {"DELETE FROM", fmt::format("WHERE k BETWEEN {} AND {}", low, low + Pick(30))};
      case 3:
        return {"INSERT INTO", fmt::format("(k, b, s) VALUES ({}, 7, 'inline')", low)};
      default:
        return {"UPDATE", fmt::format("SET b = b + 1, s = s || '!' WHERE k % 97 = {}", Pick(97))};
    }
  }

  // With `{}` in the place of the table.
  std::string Question() {
    static const std::vector<std::string> aggregates = {"count(*)",
                                                        "sum(k)",
                                                        "sum(b)",
                                                        "avg(k)",
                                                        "avg(b)",
                                                        "avg(c)",
                                                        "sum(e)",
                                                        "min(s)",
                                                        "max(d)",
                                                        "avg(z)",
                                                        "count(s)",
                                                        "max(f)",
                                                        "sum(k * 2)",
                                                        "avg(e)",
                                                        "count(DISTINCT s)",
                                                        "count(DISTINCT f)",
                                                        "sum(DISTINCT z)",
                                                        "avg(DISTINCT k % 7)",
                                                        "count(DISTINCT w)",
                                                        "approx_count_distinct(k)",
                                                        kQuantile};
    static const std::vector<std::string> keys = {"w", "s", "d", "k % 5",
                                                  "o", "z", "c", "upper(s)"};
    static const std::vector<std::string> rows = {"k % 3 = 1", "s IS NULL", "o", "z > 20 OR w < 3"};
    std::string list;
    for (auto i = Pick(3) + 1; i > 0; --i) {
      const auto& aggregate = aggregates[Pick(aggregates.size())];
      list += ", " + aggregate;
      if (aggregate != kQuantile && Pick(4) == 0) {
        list += fmt::format(" FILTER ({})", rows[Pick(rows.size())]);
      }
    }
    std::string group;
    for (auto i = Pick(3); i > 0; --i) {
      group += (group.empty() ? "" : ", ") + keys[Pick(keys.size())];
    }
    const std::array<std::string, 6> filters = {
        "true",
        fmt::format("k >= {}", Pick(2000)),
        fmt::format("k >= {} AND k < {}", Pick(1000), 1000 + Pick(1000)),
        fmt::format("s <> 'text {}'", Pick(11)),
        fmt::format("z = {} OR o", Pick(30)),
        "d > DATE '2000-01-20' AND k % 2 = 0"};
    return fmt::format("SELECT {}{}{} FROM {{}} WHERE {} {}{} ORDER BY ALL", group,
                       group.empty() ? "" : list.substr(0, 2), list.substr(2),
                       filters[Pick(filters.size())], group.empty() ? "" : "GROUP BY ", group);
  }

  // Of so few values exact, which DuckDB's own is not.
  static std::string WithExactQuantiles(std::string sql) {
    const auto found = sql.find(kQuantile);
    if (found == std::string::npos) return sql;
    sql.replace(found, std::string_view(kQuantile).size(),
                "list_sort(list(k % 500) FILTER (k >= 0))[1 + round(0.3::FLOAT::DOUBLE * "
                "(count(k) - 1))::BIGINT]");
    return WithExactQuantiles(std::move(sql));
  }

 private:
  static constexpr auto kQuantile = "approx_quantile(k % 500, 0.3)";

  std::mt19937 random_;
};

// Against a table of DuckDB's own.
TEST_F(DamagedPartialAggregateSql, AgreesWithPlainDuckdb) {
  const auto* rounds = std::getenv("ICEFALL_FUZZ_ROUNDS");
  const auto* seed = std::getenv("ICEFALL_FUZZ_SEED");
  Questions questions(seed != nullptr ? static_cast<uint32_t>(std::atoi(seed)) : 11);
  const std::array<std::string, 2> tables = {"my.t", "memory.main.t"};
  for (int round = 0; round < (rounds != nullptr ? std::atoi(rounds) : 40); ++round) {
    if (round % 40 == 0) {
      for (const auto& table : tables)
        Run("CREATE OR REPLACE TABLE " + table + Questions::kColumns);
    }
    const auto [before, after] = questions.Change();
    for (const auto& table : tables) Run(before + " " + table + " " + after);
    for (int question = 0; question < 15; ++question) {
      const auto sql = questions.Question();
      if (questions.Pick(50) == 0) Run("CALL icefall_clear_cache()");
      if (questions.Pick(20) == 0) Reattach();
      if (questions.Pick(30) == 0) DamageStateFiles(questions.random());
      const auto mine = fmt::format(fmt::runtime(sql), tables[0]);
      const auto plain = Questions::WithExactQuantiles(fmt::format(fmt::runtime(sql), tables[1]));
      ASSERT_EQ(Rows(mine), Rows(plain)) << mine << " round " << round;
    }
  }
}

}  // namespace
}  // namespace icefall
