#include "sql/accel/metadata_aggregate.h"

#include <array>
#include <random>

#include "duckdb/main/config.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

class MetadataAggregateSql : public SqlFixture {
 protected:
  MetadataAggregateSql() { Open(", INLINE_ROW_LIMIT 5"); }

  // The answer without opening any file.
  std::string Known(const std::string& sql) {
    EXPECT_EQ(FilesRead(sql), "") << sql;
    return Rows(sql);
  }
};

TEST_F(MetadataAggregateSql, AnswersFromStatisticsOfEveryFragment) {
  Run("CREATE TABLE t (k INTEGER, s VARCHAR, d DATE)");
  Run("INSERT INTO t SELECT range, 'a long text that is cut nowhere ' || range::VARCHAR, "
      "DATE '2024-01-01' + range::INTEGER FROM range(10)");
  Run("INSERT INTO t SELECT range, NULL, NULL FROM range(100, 110)");
  EXPECT_EQ(Known("SELECT count(*), count(s), min(s), max(s), max(d) FROM t"),
            "20|10|a long text that is cut nowhere 0|a long text that is cut nowhere 9|2024-01-10");
  EXPECT_EQ(Known("SELECT count(*), min(k) FROM t WHERE k >= 50"), "10|100");
  EXPECT_EQ(Known("SELECT min(k) + 1 AS a FROM (SELECT s, k FROM t) WHERE k < 1000"), "1");
  EXPECT_EQ(Known("SELECT count(*), min(k) FROM t WHERE k > 1000"), "0|NULL");
}

TEST_F(MetadataAggregateSql, ScansOnlyWhatStatisticsDoNotDecide) {
  Run("CREATE TABLE t (k INTEGER)");
  for (int i = 0; i < 4; ++i) {
    Run(fmt::format("INSERT INTO t SELECT range FROM range({}, {})", i * 100, i * 100 + 100));
  }
  EXPECT_EQ(FilesRead("SELECT count(*), max(k) FROM t WHERE k >= 250"), "1/4");
  EXPECT_EQ(Rows("SELECT count(*), max(k), min(k) FROM t WHERE k >= 250"), "150|399|250");
  Run("INSERT INTO t VALUES (-7), (NULL)");  // inline
  EXPECT_EQ(FilesRead("SELECT count(*), min(k) FROM t WHERE k < 0"), "0/4");
  EXPECT_EQ(Rows("SELECT count(*), count(k), min(k), max(k) FROM t"), "402|401|-7|399");
}

TEST_F(MetadataAggregateSql, StaysExactOverDeletesUpdatesAndNewColumns) {
  Run("CREATE TABLE t (k INTEGER, s VARCHAR)");
  Run("INSERT INTO t SELECT range, 'x' || range FROM range(100)");
  Run("INSERT INTO t SELECT range, NULL FROM range(100, 200)");
  Run("DELETE FROM t WHERE k IN (0, 50, 199)");
  EXPECT_EQ(Rows("SELECT count(*), count(s), min(k), max(k) FROM t"), "197|98|1|198");
  Run("UPDATE t SET k = 1000 WHERE k = 1");
  EXPECT_EQ(Rows("SELECT count(*), count(s), min(k), max(k) FROM t"), "197|98|2|1000");
  Run("ALTER TABLE t ADD COLUMN n INTEGER DEFAULT 7");
  EXPECT_EQ(Rows("SELECT min(n), max(n), count(n) FROM t"), "7|7|197");
  Run("BEGIN");
  Run("DELETE FROM t WHERE k < 150");
  EXPECT_EQ(Rows("SELECT count(*), min(k) FROM t"), "50|150");
  Run("ROLLBACK");
  EXPECT_EQ(Rows("SELECT count(*), min(k) FROM t"), "197|2");
}

TEST_F(MetadataAggregateSql, ScatteredDeletesLeaveBoundsExact) {
  Run("CREATE TABLE t AS SELECT range AS k, 'name ' || (range % 777) AS s, range / 4 AS f "
      "FROM range(200000)");
  Run("DELETE FROM t WHERE k % 200 = 7");
  for (int i = 1; i <= 20; ++i) Run(fmt::format("DELETE FROM t WHERE k = {}", i * 1910));
  const std::string question = "SELECT count(*), min(k), max(k), min(s), max(s), max(f) FROM t";
  EXPECT_EQ(Known(question), "198980|0|199999|name 0|name 99|49999.75");
  Run("DELETE FROM t WHERE k = 0 OR k = 199998");
  EXPECT_EQ(Rows(question), "198978|1|199999|name 0|name 99|49999.75");
  EXPECT_EQ(Known("SELECT max(k), min(s), max(f) FROM t"), "199999|name 0|49999.75");
}

TEST_F(MetadataAggregateSql, CountsLeaveDeletedNullsOut) {
  Run("CREATE TABLE t AS SELECT range AS k, CASE WHEN range % 3 = 0 THEN NULL ELSE range END AS n, "
      "CASE WHEN range % 5 = 0 THEN NULL ELSE range::VARCHAR::BLOB END AS b FROM range(150000)");
  Run("DELETE FROM t WHERE k % 100 = 3");
  const std::string question = "SELECT count(n), count(b), count(k), count(*) FROM t";
  const auto scanned = [&] {
    Run("SET icefall_metadata_aggregates = false");
    const auto rows = Rows(question);
    Run("SET icefall_metadata_aggregates = true");
    return rows;
  };
  EXPECT_EQ(Known(question), "99000|118500|148500|148500");
  EXPECT_EQ(scanned(), "99000|118500|148500|148500");
  Run("DELETE FROM t WHERE n IS NULL AND k % 7 = 1");
  EXPECT_EQ(Known(question), scanned());
  Run("DELETE FROM t WHERE n IS NULL");
  EXPECT_EQ(Known(question), scanned());
  Run("UPDATE t SET n = NULL WHERE k < 10");
  EXPECT_EQ(Rows(question), scanned());
}

TEST_F(MetadataAggregateSql, DeletedNullsOfEveryTypeAndCompressionAreCounted) {
  for (const std::string codec : {"snappy", "uncompressed", "zstd"}) {
    const auto value = [](const std::string& text) {
      return "CASE WHEN hash(i) % 3 > 0 THEN " + text + " END";
    };
    Run("CREATE OR REPLACE TABLE t(k BIGINT, i INTEGER, s VARCHAR, few VARCHAR, m DECIMAL(30,2), "
        "u UUID, o BOOLEAN, v INTERVAL, l INTEGER[], x TIME, never INTEGER) WITH "
        "(parquet_compression = '" +
        codec + "')");
    Run("INSERT INTO t SELECT i, " + value("i::INTEGER") + ", " + value("'text ' || hash(i)") +
        ", " + value("'s' || i % 9") + ", " + value("i::DECIMAL(30,2)") + ", " + value("uuid()") +
        ", " + value("i % 2 = 0") + ", " + value("to_months(i::INTEGER % 40)") + ", " +
        value("[i]") + ", " + value("TIME '00:00:00' + INTERVAL (i % 3600) SECOND") +
        ", CASE WHEN i > 150000 THEN NULL ELSE i END FROM range(300000) r(i)");
    const std::string question =
        "SELECT count(i), count(s), count(few), count(m), count(u), count(o), count(v), count(x), "
        "count(never), count(k) FROM t";
    const auto expect_same = [&] {
      const auto known = Known(question);
      Run("SET icefall_metadata_aggregates = false");
      EXPECT_EQ(known, Rows(question)) << codec;
      EXPECT_EQ(Rows("SELECT count(l) FROM t"), Rows("SELECT count(i) FROM t"));
      Run("SET icefall_metadata_aggregates = true");
    };
    Run("DELETE FROM t WHERE k % 1000 = 7 OR k = 299999 OR k = 0");
    expect_same();
    Run("DELETE FROM t WHERE k = 122880 OR k BETWEEN 200000 AND 200100");
    expect_same();
    Run("BEGIN");
    Run("DELETE FROM t WHERE i IS NULL AND k % 2 = 0");
    expect_same();
    Run("ROLLBACK");
    expect_same();
    Run("ALTER TABLE t ALTER i TYPE BIGINT");
    Run("ALTER TABLE t RENAME s TO renamed");
    Run("ALTER TABLE t RENAME renamed TO s");
    Run("DELETE FROM t WHERE k = 4711 OR k = 4713");
    expect_same();
  }
}

TEST_F(MetadataAggregateSql, BoundsAreAskedForAgainWhenTheirRowsGo) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 3 AS s FROM range(1000)");
  Run("DELETE FROM t WHERE k BETWEEN 300 AND 400");
  EXPECT_EQ(Known("SELECT min(k), max(k), min(s), max(s) FROM t"), "0|999|0|2");
  // More rows hold it than are remembered.
  Run("DELETE FROM t WHERE s = 2");
  EXPECT_EQ(Rows("SELECT min(s), max(s), max(k) FROM t"), "0|1|999");
  Run("DELETE FROM t WHERE s = 0 AND k < 900");
  EXPECT_EQ(Rows("SELECT min(s), max(s), min(k), max(k) FROM t"), "0|1|1|999");
  Run("INSERT INTO t VALUES (-5, 7)");
  EXPECT_EQ(Rows("SELECT min(s), max(s), min(k), max(k) FROM t"), "0|7|-5|999");
}

TEST_F(MetadataAggregateSql, BoundsOfLargeFilesAreFoundInTheirRowGroups) {
  Run("CREATE TABLE t AS SELECT range AS k, range // 1000 AS few, (range * 7919) % 400009 AS "
      "mixed, "
      "'text ' || range % 5 AS s, CASE WHEN range % 1000 > 0 THEN range END AS n "
      "FROM range(400000)");
  const std::string sql =
      "SELECT min(k), max(k), min(few), max(few), min(mixed), max(mixed), min(s), max(s), min(n), "
      "max(n), count(n), count(*) FROM t";
  for (const std::string rows :
       {"k = 5", "k % 40000 = 17", "k = 0 OR k = 399999", "mixed < 10 OR mixed > 399990",
        "few = 0 OR few = 399", "s = 'text 4' AND few > 200", "k BETWEEN 1000 AND 1001"}) {
    Run("DELETE FROM t WHERE " + rows);
    const auto answered = Rows(sql);
    EXPECT_EQ(answered, Rows(sql)) << rows;
    Run("SET icefall_metadata_aggregates = false");
    Run("SET icefall_partial_aggregates = false");
    EXPECT_EQ(answered, Rows(sql)) << rows;
    Run("RESET icefall_metadata_aggregates");
    Run("RESET icefall_partial_aggregates");
  }
}

TEST_F(MetadataAggregateSql, WhenBoundsAreDeletedTheNextOnesAreKnown) {
  const std::string rows =
      "AS SELECT range AS up, 300000 - range AS down, (range * 7919) % 300007 AS mixed, "
      "'text ' || (range * 31) % 300007 AS s, CASE WHEN range % 1000 > 0 THEN range / 8 END AS f, "
      "range % 50 AS few FROM range(300000)";
  Run("CREATE TABLE my.t " + rows);
  Run("CREATE TABLE memory.main.t " + rows);
  const auto question = [](const std::string& table) {
    return "SELECT min(up), max(up), min(down), max(down), min(mixed), max(mixed), min(s), max(s), "
           "min(f), max(f), min(few), max(few), count(*) FROM " +
           table;
  };
  const auto remove = [&](const std::string& which) {
    Run("DELETE FROM my.t WHERE " + which);
    Run("DELETE FROM memory.main.t WHERE " + which);
  };
  const auto expect_known = [&] {
    const auto expected = Rows(question("memory.main.t"));
    ASSERT_EQ(Rows(question("my.t")), expected);
    ASSERT_EQ(Known(question("my.t")), expected);
  };
  for (int i = 0; i < 100; ++i) {
    const std::array<std::string, 6> ends = {"up = (SELECT min(up) FROM memory.main.t)",
                                             "up = (SELECT max(up) FROM memory.main.t)",
                                             "mixed = (SELECT min(mixed) FROM memory.main.t)",
                                             "mixed = (SELECT max(mixed) FROM memory.main.t)",
                                             "s = (SELECT min(s) FROM memory.main.t)",
                                             "f = (SELECT max(f) FROM memory.main.t)"};
    remove("up IN (SELECT up FROM memory.main.t WHERE " + ends[static_cast<size_t>(i) % 6] + ")");
    if (i % 10 == 0) expect_known();
  }
  remove("up < 150000 OR few = 49");
  expect_known();
  remove("mixed > 200000 AND up > 1000");
  expect_known();
}

TEST_F(MetadataAggregateSql, TheNextBoundIsThatOfTheStateThatIsAskedFor) {
  Run("CREATE TABLE t AS SELECT range AS k FROM range(1000)");
  Run("DELETE FROM t WHERE k < 10");
  EXPECT_EQ(Known("SELECT min(k), max(k) FROM t"), "10|999");
  Run("BEGIN");
  Run("DELETE FROM t WHERE k < 20");
  EXPECT_EQ(Rows("SELECT min(k), max(k) FROM t"), "20|999");
  Run("ROLLBACK");
  EXPECT_EQ(Rows("SELECT min(k), max(k) FROM t"), "10|999");
  Run("DELETE FROM t WHERE k < 500");
  EXPECT_EQ(Rows("SELECT min(k), max(k) FROM t"), "500|999");
  EXPECT_EQ(Rows("SELECT min(k), max(k) FROM t AT (VERSION => 2)"), "10|999");
  EXPECT_EQ(Rows("SELECT min(k), max(k) FROM t AT (VERSION => 1)"), "0|999");
  EXPECT_EQ(Rows("SELECT min(k), max(k) FROM t"), "500|999");
}

TEST_F(MetadataAggregateSql, PreparedStatementsSeeChanges) {
  Run("CREATE TABLE t AS SELECT range AS k FROM range(1000)");
  const auto prepared = connection().Prepare("SELECT count(*), max(k) FROM t");
  const auto ask = [&] {
    auto result = prepared->Execute();
    const auto row = result->Fetch();
    return row->GetValue(0, 0).ToString() + "|" + row->GetValue(1, 0).ToString();
  };
  EXPECT_EQ(ask(), "1000|999");
  Run("DELETE FROM t WHERE k > 997");
  EXPECT_EQ(ask(), "998|997");
  Run("INSERT INTO t SELECT 5000 + range FROM range(500)");
  EXPECT_EQ(ask(), "1498|5499");
  Run("BEGIN");
  Run("DELETE FROM t WHERE k < 10");
  EXPECT_EQ(ask(), "1488|5499");
  Run("ROLLBACK");
  EXPECT_EQ(ask(), "1498|5499");
}

TEST_F(MetadataAggregateSql, ASmallPlanAnswersWhatIsKnown) {
  Run("CREATE TABLE t AS SELECT range AS k, 'name ' || range AS s, NULL::DATE AS d FROM range(50)");
  Run("CREATE VIEW v AS SELECT k + 0 AS k, s FROM t");
  Run("SET explain_output = 'optimized_only'");
  const auto is_small = [&](const std::string& sql) {
    return Plan(sql).find("ICEFALL_SMALL_PLAN") != std::string::npos;
  };
  const std::vector<std::pair<std::string, std::string>> small = {
      {"SELECT count(*) FROM t", "50"},
      {"SELECT max(s), max(s), count(k) AS n, min(d), count(d) FROM t", "name 9|name 9|50|NULL|0"},
      {"SELECT max(k) - min(k) AS range, 'text', count(*) * 2 FROM t", "49|text|100"},
      {"SELECT n + 1 FROM (SELECT count(s) AS n FROM v)", "51"},
  };
  for (const auto& [sql, answer] : small) {
    EXPECT_TRUE(is_small(sql)) << sql;
    EXPECT_EQ(Rows(sql), answer) << sql;
  }
  const std::vector<std::pair<std::string, std::string>> others = {
      {"SELECT count(*) FROM t WHERE k < 5", "5"},
      {"SELECT max(k) FROM v", "49"},
      {"SELECT count(*) FROM t HAVING count(*) > 50", ""},
      {"SELECT (SELECT max(k) FROM t) + (SELECT count(*) FROM v)", "99"},
      {"SELECT min(k) FROM t UNION ALL SELECT count(*) FROM t ORDER BY 1", "0\n50"},
      {"SELECT k FROM t WHERE k = (SELECT max(k) FROM t)", "49"},
      {"SELECT count(*) FROM t LIMIT 0", ""},
  };
  for (const auto& [sql, answer] : others) {
    EXPECT_FALSE(is_small(sql)) << sql;
    EXPECT_EQ(Rows(sql), answer) << sql;
  }
  auto prepared = connection().Prepare("SELECT count(*) + $1 FROM t");
  ASSERT_FALSE(prepared->HasError()) << prepared->GetError();
  duckdb::vector<duckdb::Value> values{duckdb::Value::INTEGER(7)};
  EXPECT_EQ(prepared->Execute(values, false)->Fetch()->GetValue(0, 0).ToString(), "57");
  Run("PRAGMA disable_optimizer");
  for (const auto& [sql, answer] : small) EXPECT_EQ(Rows(sql), answer) << sql;
}

int optimized_count = 0;

TEST_F(MetadataAggregateSql, NoOptimizerIsMadeForWhatIsKnown) {
  duckdb::OptimizerExtension counter;
  counter.pre_optimize_function = [](auto&, auto&) { ++optimized_count; };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(*db().instance), counter);
  Run("CREATE TABLE t AS SELECT range AS k, 'name ' || range AS s FROM range(50)");
  const auto count = [&](const std::string& sql) {
    optimized_count = 0;
    Run(sql);
    return optimized_count;
  };
  const std::string question = "SELECT count(*), max(k) - 1, min(s) FROM t";
  EXPECT_EQ(count(question), 0);
  EXPECT_EQ(Rows(question), "50|48|name 0");
  Run("DELETE FROM t WHERE k IN (0, 49)");
  Run("INSERT INTO t VALUES (60, 'inline')");
  EXPECT_EQ(count(question), 0);
  EXPECT_EQ(Rows(question), "49|59|inline");
  EXPECT_EQ(count("SELECT max(k) FROM t WHERE k > 1"), 1);
  EXPECT_EQ(count("SELECT sum(k) FROM t"), 1);
  EXPECT_EQ(count("EXPLAIN " + question), 1);
  Run("SET icefall_metadata_aggregates = false");
  EXPECT_EQ(count(question), 1);
  EXPECT_EQ(Rows(question), "49|59|inline");
  Run("SET icefall_metadata_aggregates = true");
  Run("SET disabled_optimizers = 'extension'");
  EXPECT_EQ(Rows(question), "49|59|inline");
  Run("RESET disabled_optimizers");
  EXPECT_EQ(count(question), 0);
  Run("PRAGMA enable_verification");
  EXPECT_EQ(Rows(question), "49|59|inline");
}

TEST_F(MetadataAggregateSql, InlineRowsAreLookedAtWithoutAScan) {
  Open(", INLINE_ROW_LIMIT 2000");
  Run("CREATE TABLE t (k INTEGER, s VARCHAR, f DOUBLE, v STRUCT(a INTEGER))");
  const std::string question = "SELECT count(*), count(k), min(k), max(k), min(s), max(f) FROM t";
  EXPECT_EQ(Known(question), "0|0|NULL|NULL|NULL|NULL");
  Run("INSERT INTO t VALUES (5, 'five', 0.5, {a: 5}), (NULL, NULL, 'nan', NULL)");
  EXPECT_EQ(Known(question), "2|1|5|5|five|nan");
  EXPECT_EQ(Rows("SELECT min(v), count(v) FROM t"), "{'a': 5}|1");
  Run("INSERT INTO t SELECT range, 'n' || range, range, NULL FROM range(3000)");  // a file
  EXPECT_EQ(Known(question), "3002|3001|0|2999|five|nan");
  Run("BEGIN");
  Run("INSERT INTO t (k) VALUES (-1), (9000)");
  EXPECT_EQ(Known(question), "3004|3003|-1|9000|five|nan");
  Run("DELETE FROM t WHERE k IN (9000, 5) OR f = 'nan'");
  EXPECT_EQ(Known("SELECT count(*), count(s), min(k), max(k), min(s) FROM t"),
            "3000|2999|-1|2999|n0");
  Run("ROLLBACK");
  EXPECT_EQ(Known(question), "3002|3001|0|2999|five|nan");
  Run("ALTER TABLE t ADD COLUMN late INTEGER DEFAULT 7");
  EXPECT_EQ(Rows("SELECT min(late), max(late), count(late) FROM t"), "7|7|3002");
  Run("ALTER TABLE t ALTER k TYPE BIGINT");
  Run("INSERT INTO t (k) VALUES (-8000000000)");
  EXPECT_EQ(Rows("SELECT min(k), max(k), count(k), min(late) FROM t"), "-8000000000|2999|3002|7");
  Run("INSERT INTO t (k) SELECT -range FROM range(1500)");
  EXPECT_EQ(Rows("SELECT min(k), max(k), count(*) FROM t"), "-8000000000|2999|4503");
}

TEST_F(MetadataAggregateSql, CanBeSwitchedOff) {
  Run("CREATE TABLE t AS SELECT range AS k, 'some text of more than eight bytes' AS s "
      "FROM range(10)");
  Run("SET icefall_metadata_aggregates = false");
  EXPECT_EQ(FilesRead("SELECT max(s) FROM t"), "1/1");
  Run("SET icefall_metadata_aggregates = true");
  EXPECT_EQ(FilesRead("SELECT max(s) FROM t"), "");
}

// Random changes and random questions, against a table of DuckDB's own.
TEST_F(MetadataAggregateSql, AgreesWithPlainDuckdb) {
  std::mt19937 random(7);
  const auto pick = [&](int limit) {
    return static_cast<int>(random() % static_cast<uint32_t>(limit));
  };
  const std::string columns =
      "(k INTEGER, b BIGINT, s VARCHAR, f DOUBLE, d DATE, t TIMESTAMP, c DECIMAL(9,2), o BOOLEAN, "
      "u UUID, w UTINYINT)";
  const std::array<std::string, 10> names = {"k", "b", "s", "f", "d", "t", "c", "o", "u", "w"};
  Run("CREATE TABLE my.t " + columns);
  Run("CREATE TABLE memory.main.t " + columns);
  const auto both = [&](const std::string& before, const std::string& after) {
    Run(before + " my.t " + after);
    Run(before + " memory.main.t " + after);
  };
  for (int round = 0; round < 60; ++round) {
    const int low = pick(1000);
    switch (pick(4)) {
      case 0:
      case 1:
        both("INSERT INTO",
             fmt::format(
                 "SELECT i, -i::BIGINT * 10000000000, CASE WHEN i % 7 <> {} THEN 'text ' || "
                 "repeat('long ', {}) || i END, CASE WHEN i % 50 = 3 THEN {} ELSE i / 8 END, "
                 "DATE '2000-01-01' + i::INTEGER, TIMESTAMP '2000-01-01' + INTERVAL 1 HOUR * "
                 "i, (i / 4)::DECIMAL(9,2), i % 2 = 0, md5(i::VARCHAR)::UUID, i % 250 "
                 "FROM range({}, {}) r(i)",
                 pick(9), pick(4), pick(2) ? "'nan'" : "'-inf'", low, low + 1 + pick(60)));
        break;
      case 2:
        both("DELETE FROM", fmt::format("WHERE k BETWEEN {} AND {}", low, low + pick(30)));
        break;
      default:
        both("UPDATE", fmt::format("SET b = b + 1, s = s || '!' WHERE k % 97 = {}", pick(97)));
    }
    for (int question = 0; question < 20; ++question) {
      std::string list = "count(*)";
      for (int i = pick(3); i >= 0; --i) {
        const std::array<std::string, 3> functions = {"count", "min", "max"};
        list += fmt::format(", {}({})", functions[static_cast<size_t>(pick(3))],
                            names[static_cast<size_t>(pick(10))]);
      }
      const std::array<std::string, 6> filters = {
          "true",
          fmt::format("k >= {}", pick(1000)),
          fmt::format("b < -{}::BIGINT * 10000000000 AND k > {}", pick(1000), pick(500)),
          fmt::format("f <= {}", pick(120)),
          fmt::format("d > DATE '2000-01-01' + {}", pick(1000)),
          fmt::format("k IN ({}, {}) OR s IS NULL", pick(1000), pick(1000))};
      const auto& filter = filters[static_cast<size_t>(pick(6))];
      const auto sql = [&](const char* table) {
        return fmt::format("SELECT {} FROM {}{}", list, table,
                           filter == "true" ? "" : " WHERE " + filter);
      };
      ASSERT_EQ(Rows(sql("my.t")), Rows(sql("memory.main.t"))) << sql("t") << " round " << round;
    }
  }
}

}  // namespace
}  // namespace icefall
