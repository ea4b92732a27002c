#include "sql/scan/column_bounds.h"

#include <array>
#include <random>

#include "duckdb/planner/filter/list.hpp"
#include <fmt/format.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using duckdb::ExpressionType;
using duckdb::Value;

std::optional<ValueRange> RangeOf(ExpressionType comparison, Value constant,
                                  const duckdb::LogicalType& type) {
  return ValueRange::Of(duckdb::ConstantFilter(comparison, std::move(constant)), type);
}

TEST(ValueRange, KnowsComparisonsOfNumbers) {
  const auto type = duckdb::LogicalType::INTEGER;
  const auto below = RangeOf(ExpressionType::COMPARE_LESSTHAN, Value::INTEGER(5), type);
  ASSERT_TRUE(below);
  EXPECT_EQ(below->upper, 4);
  EXPECT_TRUE(below->is_exact);
  const auto equal = RangeOf(ExpressionType::COMPARE_EQUAL, Value::INTEGER(-5), type);
  ASSERT_TRUE(equal);
  EXPECT_EQ(equal->lower, -5);
  EXPECT_EQ(equal->upper, -5);
  EXPECT_FALSE(RangeOf(ExpressionType::COMPARE_NOTEQUAL, Value::INTEGER(5), type));
  EXPECT_FALSE(RangeOf(ExpressionType::COMPARE_EQUAL, Value::BIGINT(5), type));
  EXPECT_FALSE(RangeOf(ExpressionType::COMPARE_GREATERTHAN, Value::BIGINT(INT64_MAX),
                       duckdb::LogicalType::BIGINT));
  EXPECT_FALSE(RangeOf(ExpressionType::COMPARE_EQUAL, Value("a"), duckdb::LogicalType::VARCHAR));
}

TEST(ValueRange, CutsConjunctionsAndWidensLists) {
  const auto type = duckdb::LogicalType::DATE;
  const auto date = [](int32_t days) { return Value::DATE(duckdb::date_t(days)); };
  duckdb::ConjunctionAndFilter both;
  both.child_filters.push_back(duckdb::make_uniq<duckdb::ConstantFilter>(
      ExpressionType::COMPARE_GREATERTHANOREQUALTO, date(10)));
  both.child_filters.push_back(
      duckdb::make_uniq<duckdb::ConstantFilter>(ExpressionType::COMPARE_LESSTHAN, date(20)));
  auto range = ValueRange::Of(both, type);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->lower, 10);
  EXPECT_EQ(range->upper, 19);
  EXPECT_TRUE(range->is_exact);
  both.child_filters.push_back(
      duckdb::make_uniq<duckdb::InFilter>(duckdb::vector<Value>{date(12), date(11), date(30)}));
  range = ValueRange::Of(both, type);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->lower, 11);
  EXPECT_EQ(range->upper, 19);
  EXPECT_FALSE(range->is_exact);
}

class ManyFilesSql : public SqlFixture {
 protected:
  ManyFilesSql() { Open(", FRAGMENT_ROW_LIMIT 10"); }

  // Of all files, of which a thread may have written one more than the rows need.
  std::string FilesReadOf(const std::string& sql) {
    const auto files = FilesRead(sql);
    return files.substr(0, files.find('/'));
  }
};

TEST_F(ManyFilesSql, ReadsOnlyFilesOfTheRange) {
  Run("CREATE TABLE t AS SELECT range AS k, range::DECIMAL(9,2) AS c, range % 3 AS g "
      "FROM range(5000)");
  EXPECT_EQ(FilesReadOf("SELECT sum(g) FROM t WHERE k BETWEEN 1000 AND 1015"), "2");
  EXPECT_EQ(FilesReadOf("SELECT sum(g) FROM t WHERE c < 11 AND k >= 10"), "1");
  EXPECT_EQ(FilesReadOf("SELECT sum(k) FROM t WHERE k IN (7, 23) AND g < 5"), "2");
  Run("DELETE FROM t WHERE k BETWEEN 1000 AND 1009");
  EXPECT_EQ(FilesReadOf("SELECT sum(g) FROM t WHERE k BETWEEN 1000 AND 1015"), "1");
  Run("INSERT INTO t SELECT 1001, 1, 1 FROM range(150)");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE k BETWEEN 1000 AND 1015"), "156");
}

TEST_F(ManyFilesSql, CountsWithoutAScan) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 3 AS g FROM range(5000)");
  const char* question = "SELECT count(*), min(k), max(k) FROM t WHERE k >= 2500";
  EXPECT_EQ(FilesRead(question), "");
  EXPECT_EQ(Rows(question), "2500|2500|4999");
}

// Random changes and random filters, against a table of DuckDB's own.
TEST_F(ManyFilesSql, AgreesWithPlainDuckdb) {
  std::mt19937 random(5);
  const auto pick = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  const std::string columns =
      "(k INTEGER, c DECIMAL(12,3), d DATE, u UTINYINT, ts TIMESTAMP, n BIGINT, s VARCHAR)";
  Run("CREATE TABLE my.t " + columns);
  Run("CREATE TABLE memory.main.t " + columns);
  const auto both = [&](const std::string& before, const std::string& after) {
    Run(before + " my.t " + after);
    Run(before + " memory.main.t " + after);
  };
  const auto insert = [&](size_t low, size_t count) {
    both("INSERT INTO",
         fmt::format("(k, c, d, u, ts, n, s) SELECT i, i / 7, DATE '2020-01-01' + (i / "
                     "10)::INTEGER, i // 20 % 256, "
                     "TIMESTAMP '2020-01-01' + to_minutes(i), CASE WHEN i // 30 % 3 > 0 AND i % 9 "
                     "> 0 THEN 0 - i END, 'text ' || i // 40 FROM range({}, {}) r(i)",
                     low, low + count));
  };
  insert(0, 4000);
  for (int round = 0; round < 25; ++round) {
    const auto low = pick(4000);
    switch (pick(4)) {
      case 0:
        insert(low, 120 + pick(300));
        break;
      case 1:
        both("DELETE FROM", fmt::format("WHERE k BETWEEN {} AND {}", low, low + pick(40)));
        break;
      case 2:
        both("UPDATE", fmt::format("SET n = k - 2000, u = NULL WHERE k % 397 = {}", pick(397)));
        break;
      default:
        both("ALTER TABLE", fmt::format("ADD COLUMN a{} INTEGER DEFAULT {}", round, round));
    }
    for (int question = 0; question < 12; ++question) {
      const auto from = pick(4200);
      const std::array<std::string, 10> filters = {
          fmt::format("k >= {}", from),
          fmt::format("k > {} AND k < {}", from, from + pick(200)),
          fmt::format("c BETWEEN {} AND {}", from / 8, from / 7),
          fmt::format("d = DATE '2020-01-01' + {}", from / 10),
          fmt::format("u = {} AND s >= 'text {}'", pick(256), pick(100)),
          fmt::format("ts < TIMESTAMP '2020-01-02' AND n < -{}", pick(1500)),
          fmt::format("n IS NULL AND k < {}", from),
          fmt::format("n IS NOT NULL AND k <> {}", from),
          fmt::format("k IN ({}, {}, {})", from, pick(4000), pick(4000)),
          fmt::format("n > {} OR k = {}", -static_cast<int64_t>(pick(100)), from)};
      const auto& first = filters[pick(filters.size())];
      const auto& second = filters[pick(filters.size())];
      const auto sql = [&](const char* table) {
        return fmt::format(
            "SELECT count(*), count(n), min(k), max(c), sum(k), min(s), max(d), min(n), max(u) "
            "FROM {} {}",
            table, question == 0 ? "" : fmt::format("WHERE {} AND ({})", first, second));
      };
      ASSERT_EQ(Rows(sql("my.t")), Rows(sql("memory.main.t"))) << sql("t") << " round " << round;
    }
    for (const std::string ask :
         {"count(*), count(n)", "min(k), max(s)", "min(n), max(u), max(ts)"}) {
      ASSERT_EQ(Rows("SELECT " + ask + " FROM my.t"),
                Rows("SELECT " + ask + " FROM memory.main.t"));
    }
  }
}

}  // namespace
}  // namespace icefall
