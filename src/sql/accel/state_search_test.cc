#include "sql/accel/state_search.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/accel/partial_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kExact =
    "count(*), count(v), sum(v), avg(v), min(s), max(k), sum(f), min(d), sum(d), avg(d), "
    "approx_count_distinct(s)";
constexpr auto kRounded = "stddev_samp(f), avg(f), approx_quantile(v, [0.1, 0.5])";

class StateSearchSql : public PartialAggregateSql {
 protected:
  // A unit of a file has 122,880 rows.
  void MakeTable(int rows = 400'000) {
    Run(fmt::format(
        "CREATE TABLE t AS SELECT range AS k, range % 7 AS g, 'group ' || range % 3 AS h, CASE "
        "WHEN range % 5 > 0 THEN range % 1000 END AS v, (range % 512) / 8 AS f, "
        "(range % 100000 / 100)::DECIMAL(9,2) AS d, 'text ' || range % 13 AS s FROM range({})",
        rows));
  }
  std::string Blocks() {
    return Rows(
        "SELECT regexp_extract(detail, '(\\d+) blocks', 1) FROM icefall_cache() WHERE "
        "kind = 'states' AND name = 'all in memory'");
  }
};

TEST_F(StateSearchSql, MergesUnitsOfAllKindsOfStates) {
  MakeTable();
  const std::vector<std::string> queries = {
      fmt::format("SELECT g, h, {} FROM t GROUP BY g, h ORDER BY g, h", kExact),
      "SELECT h, sum(v), sum(f), min(s), count(v) FROM t GROUP BY h ORDER BY h",
      fmt::format("SELECT {} FROM t", kExact),
      "SELECT g, count(DISTINCT s), sum(DISTINCT v % 9), sum(k) FROM t GROUP BY g ORDER BY g"};
  for (const auto& sql : queries) ExpectSame(sql);
  EXPECT_EQ(Blocks(), "2");  // of those for which nothing had to be computed
  for (const auto& sql : queries) ExpectSame(sql);
  // One more, and three sets.
  EXPECT_EQ(Blocks(), "6");
  for (const auto* change :
       {"DELETE FROM t WHERE k = 200000", "UPDATE t SET v = v + 1, f = f / 2 WHERE k = 399999",
        "DELETE FROM t WHERE k % 1000 = 3"}) {
    Run(change);
    for (int i = 0; i < 3; ++i) {
      for (const auto& sql : queries) ExpectSame(sql);
    }
  }
}

TEST_F(StateSearchSql, WhatIsRoundedIsSoInOneWay) {
  MakeTable();
  int deleted = 3;
  for (const auto* by : {"", "GROUP BY h ORDER BY h"}) {
    const auto sql = fmt::format("SELECT {} FROM t {}", kRounded, by);
    const auto computed = Rows(sql);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(Rows(sql), computed);
    EXPECT_NE(Blocks(), "0");
    Run(fmt::format("DELETE FROM t WHERE k % 1000 = {}", deleted++));
    for (int i = 0; i < 2; ++i) Rows(sql);
    const auto merged = Rows(sql);
    EXPECT_NE(merged, computed);
    Run("CALL icefall_clear_cache()");
    EXPECT_EQ(Blocks(), "0");
    EXPECT_EQ(Rows(sql), merged);
  }
}

TEST_F(StateSearchSql, BlocksHoldForTheRowsTheyWereMadeOf) {
  MakeTable(2'200'000);  // a block of 16 units, and one of two
  const std::string sql = "SELECT g, count(*), sum(v), max(k) FROM t GROUP BY g ORDER BY g";
  for (int i = 0; i < 3; ++i) ExpectSame(sql);
  EXPECT_EQ(States(sql), "18 kept, 0");
  EXPECT_EQ(Blocks(), "2");
  const auto before = Rows(sql);
  Run("BEGIN");
  Run("DELETE FROM t WHERE k IN (5, 1966000)");
  EXPECT_EQ(Corrected(sql), "2");
  const auto within = Scanned(sql);
  EXPECT_NE(within, before);
  EXPECT_EQ(Rows(sql), within);
  EXPECT_EQ(Corrected(sql), "0");
  EXPECT_EQ(Rows(sql), within);
  EXPECT_EQ(Blocks(), "3");
  Run("ROLLBACK");
  EXPECT_EQ(Rows(sql), before);
  // What others see was not driven out.
  EXPECT_EQ(Blocks(), "3");
  Run("DELETE FROM t WHERE k IN (6, 2100000)");
  ExpectSame(sql);
  ExpectSame(sql);
  EXPECT_EQ(Blocks(), "4");
}

TEST_F(StateSearchSql, BlocksThatDoNotPayAreNotKept) {
  MakeTable();
  const std::string sql = "SELECT k // 100, count(*) FROM t GROUP BY ALL ORDER BY 1 LIMIT 5";
  for (int i = 0; i < 3; ++i) ExpectSame(sql);
  EXPECT_EQ(States(sql), "4 kept, 0");
  EXPECT_EQ(Blocks(), "0");
}

TEST_F(StateSearchSql, SumsThatAreTooLargeTogetherAreNotMerged) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 2 AS g, CASE range WHEN 0 THEN "
      "170141183460469231731687303715884105727::HUGEINT WHEN 200000 THEN 1 ELSE 0 END AS h "
      "FROM range(300000)");
  const std::string sql = "SELECT g, sum(h) FROM t WHERE k <> 7 GROUP BY g ORDER BY g";
  for (int i = 0; i < 3; ++i) {
    const auto error = connection().Query(sql)->GetError();
    EXPECT_THAT(error, HasSubstr("Out of Range"));
  }
  Run("DELETE FROM t WHERE k = 200000");
  for (int i = 0; i < 3; ++i) ExpectSame(sql);
}

TEST_F(StateSearchSql, BlocksCountAgainstTheBudget) {
  MakeTable();
  Run("SET icefall_partial_files_mib = 0");
  Run("SET icefall_partial_aggregates_mib = 1");
  for (int i = 0; i < 30; ++i) {
    const auto sql =
        fmt::format("SELECT k % 97, count(*) FROM t WHERE v <> {} GROUP BY ALL ORDER BY ALL", i);
    for (int again = 0; again < 2; ++again) ExpectSame(sql);
    EXPECT_EQ(Rows("SELECT size_bytes BETWEEN 1 AND 1048576 FROM icefall_cache() WHERE kind = "
                   "'states' AND name = 'all in memory'"),
              "true");
  }
}

// DuckDB's own aggregate costs more than all the rest of such a query.
TEST_F(StateSearchSql, FewStatesAreGroupedWhereTheyAre) {
  MakeTable();
  const std::string sql = "SELECT h, sum(v), avg(v) AS a FROM t WHERE k <> 3 GROUP BY h ORDER BY a";
  // They may all have as many groups as there are rows.
  EXPECT_THAT(Plan(sql), HasSubstr("HASH_GROUP_BY"));
  ExpectSame(sql);
  EXPECT_THAT(Plan(sql), Not(HasSubstr("GROUP_BY")));
  ExpectSame(sql);
  Run("UPDATE t SET h = 'group 9' WHERE k = 77");
  Run("INSERT INTO t (k, h) VALUES (-1, NULL)");
  EXPECT_THAT(Plan(sql), Not(HasSubstr("GROUP_BY")));
  ExpectSame(sql);
  // In a larger plan, and with groups that DuckDB stores in smaller types.
  ExpectSame(
      "SELECT * FROM (SELECT g, h, count(*) AS n FROM t GROUP BY g, h) JOIN (SELECT h, "
      "max(v) FROM t GROUP BY h) USING (h) WHERE n > 10 ORDER BY ALL");
  ExpectSame("SELECT g, count(*) FROM t GROUP BY g HAVING count(*) > 285715 ORDER BY g DESC");
  const std::string distinct = "SELECT g, count(DISTINCT v) FROM t GROUP BY g ORDER BY g";
  for (int i = 0; i < 2; ++i) ExpectSame(distinct);
  EXPECT_THAT(Plan(distinct), HasSubstr("GROUP_BY"));
}

}  // namespace
}  // namespace icefall
