#include "sql/accel/state_removal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/accel/partial_fixture.h"

namespace icefall {
namespace {

class StateRemovalSql : public PartialAggregateSql {
 protected:
  void MakeTable(const std::string& rows = "range(300000) r(i)") {
    Run("CREATE TABLE t AS SELECT i AS k, i % 7 AS g, (i % 5)::VARCHAR || ' text' AS s, "
        "CASE WHEN i % 3 > 0 THEN (i % 1000 - 500)::INTEGER END AS v, "
        "(hash(i) % 100000 / 100)::DECIMAL(9,2) AS d, (hash(i, 1) % 100003) * pow(10, (hash(i, 2) "
        "% 30)::INTEGER - 15) AS f, i / 8 AS e, DATE '2000-01-01' + (i % 100)::INTEGER AS day "
        "FROM " +
        rows);
  }
  // What is computed of a table of the same rows: a scan rounds floating sums, and estimates
  // quantiles, in its own way.
  void ExpectSame(std::string sql) {
    if (sql.find("(f)") == std::string::npos && sql.find("quantile") == std::string::npos) {
      return PartialAggregateSql::ExpectSame(sql);
    }
    const auto rows = Rows(sql);
    Run("CREATE OR REPLACE TABLE twin AS FROM t");
    EXPECT_EQ(rows, Rows(sql.replace(sql.find("FROM t"), 6, "FROM twin"))) << sql;
  }
  // One unit of three is corrected, and the answer is that of all rows.
  void ExpectCorrected(const std::string& sql) {
    EXPECT_EQ(States(sql), "3 kept, 0") << sql;
    EXPECT_EQ(Corrected(sql), "1") << sql;
    ExpectSame(sql);
    EXPECT_EQ(States(sql), "3 kept, 0") << sql;
    EXPECT_EQ(Corrected(sql), "0") << sql;
    ExpectSame(sql);
  }
  void ExpectComputed(const std::string& sql) {
    EXPECT_EQ(States(sql), "2 kept, 1") << sql;
    EXPECT_EQ(Corrected(sql), "0") << sql;
    ExpectSame(sql);
    EXPECT_EQ(States(sql), "3 kept, 0") << sql;
  }
};

TEST_F(StateRemovalSql, DeletedRowsAreTakenOutOfWhatIsKept) {
  MakeTable();
  const std::vector<std::string> all = {
      "SELECT count(*), sum(v), avg(v), sum(d), avg(d), sum(k * 2 - v), min(k), max(d) FROM t",
      "SELECT sum(f), avg(f), var_samp(f), stddev_pop(f), count(v) FROM t",
      "SELECT g, s, sum(v), count(*), avg(d), sum(f), min(k) FROM t GROUP BY ALL ORDER BY ALL",
      "SELECT s || '!', max(d), sum(v) FILTER (k % 2 = 0) FROM t GROUP BY 1 ORDER BY 1",
      "SELECT sum(v), count(*) FROM t WHERE v BETWEEN -400 AND 400 AND day < DATE '2000-04-01' "
      "AND s <> '3 text' AND (g = 1 OR k % 2 = 0) AND upper(s) LIKE '%TEXT'",
      "SELECT g, count(*) FROM (SELECT g, v + 1 AS w FROM t WHERE v > 3) WHERE w < 300 GROUP BY g "
      "ORDER BY g"};
  for (const auto& sql : all) ExpectSame(sql);
  for (const std::string change :
       {"DELETE FROM t WHERE k = 200001", "UPDATE t SET v = v + 1 WHERE k = 150000",
        "DELETE FROM t WHERE k BETWEEN 180000 AND 180020", "UPDATE t SET s = NULL WHERE k = 200002",
        "DELETE FROM t WHERE k = 200005 OR k = 123000"}) {
    Run(change);
    for (const auto& sql : all) ExpectCorrected(sql);
  }
}

TEST_F(StateRemovalSql, WhatOnlyAllRowsTellIsComputed) {
  MakeTable();
  const std::string bounds = "SELECT g, min(k), max(v), count(*) FROM t GROUP BY g ORDER BY g";
  const std::string distinct = "SELECT count(DISTINCT s) FROM t";
  const std::string quantile = "SELECT approx_quantile(d, 0.5) FROM t";
  for (const auto& sql : {bounds, distinct, quantile}) ExpectSame(sql);
  // It has the greatest `v` there is, as others do.
  Run("DELETE FROM t WHERE k = 151999");
  ExpectComputed("SELECT g, min(k), max(v), count(*) FROM t GROUP BY g ORDER BY g");
  ExpectComputed(distinct);
  ExpectComputed(quantile);
  Run("DELETE FROM t WHERE k = 150003");
  ExpectCorrected(bounds);
  // The first row of its unit.
  Run("DELETE FROM t WHERE k = 122880");
  ExpectComputed(bounds);
  Run("DELETE FROM t WHERE k BETWEEN 160000 AND 160040");
  ExpectComputed(bounds);
  // Rows that no filter lets through change nothing, whatever is asked.
  const std::string none = "SELECT count(DISTINCT s), approx_quantile(d, 0.5) FROM t WHERE v > 100";
  ExpectSame(none);
  Run("DELETE FROM t WHERE k = 150100");
  ExpectCorrected(none);
}

TEST_F(StateRemovalSql, GroupsThatLoseTheirRowsAreGone) {
  MakeTable("range(250000) r(i)");
  Run("INSERT INTO t SELECT i, 99, 'rare', 5, 1, 0.5, 0, DATE '2000-01-01' FROM range(300000, "
      "350000) "
      "r(i)");
  Run("UPDATE t SET g = 100 + k % 2 WHERE k % 20000 < 2 AND k < 250000");
  Run("CALL icefall_compact('t')");
  ASSERT_EQ(Rows("SELECT count(*) FROM t WHERE g > 99"), "26");
  const std::string counted = "SELECT g, count(*), sum(v), min(k) FROM t GROUP BY g ORDER BY g";
  const std::string summed = "SELECT g, sum(k), max(f) FROM t GROUP BY g ORDER BY g";
  const std::string keys = "SELECT g, s FROM t GROUP BY ALL ORDER BY ALL";
  for (const auto& sql : {counted, summed, keys}) ExpectSame(sql);
  Run("DELETE FROM t WHERE k = 20000");
  for (const auto& sql : {counted, summed, keys}) ExpectSame(sql);
  Run("DELETE FROM t WHERE g = 100");
  EXPECT_EQ(Rows("SELECT count(*) FROM (" + counted + ")"), "9");
  for (const auto& sql : {counted, summed, keys}) ExpectSame(sql);
  Run("DELETE FROM t WHERE g = 101");
  for (const auto& sql : {counted, summed, keys}) ExpectSame(sql);
}

TEST_F(StateRemovalSql, SumsWithoutValuesAreNull) {
  Run("CREATE TABLE t AS SELECT i AS k, i % 2 AS g, CASE WHEN i % 100000 = 7 THEN 5 END AS v, "
      "CASE WHEN i % 100000 < 3 THEN i % 100000 - 1 END AS z, CASE WHEN i % 100000 = 7 THEN "
      "0.5::DOUBLE END AS f FROM range(300000) r(i)");
  const std::vector<std::string> all = {
      "SELECT sum(v), avg(v), min(v), count(v) FROM t WHERE k >= 122880 AND k < 245760",
      "SELECT sum(z), avg(z), max(z) FROM t WHERE k >= 122880 AND k < 245760",
      "SELECT sum(f), avg(f), var_pop(f), approx_count_distinct(f) FROM t WHERE k >= 122880 AND k "
      "< 245760",
      "SELECT g, sum(v), sum(z), sum(f) FROM t GROUP BY g ORDER BY g"};
  for (const auto& sql : all) ExpectSame(sql);
  for (const int k : {150000, 200001, 200000, 200002, 200007}) {
    Run(fmt::format("DELETE FROM t WHERE k = {}", k));
    for (const auto& sql : all) {
      ExpectSame(sql);
      ExpectSame(sql);
    }
  }
  EXPECT_EQ(Rows(all[0]), "NULL|NULL|NULL|0");
  EXPECT_EQ(Rows(all[2]), "NULL|NULL|NULL|0");
}

TEST_F(StateRemovalSql, ValuesThatAreNoNumbersStayAndGo) {
  Run("CREATE TABLE t AS SELECT i AS k, (CASE i WHEN 150000 THEN 'nan' WHEN 150001 THEN 'inf' "
      "WHEN 150002 THEN '-inf' ELSE i / 8 END)::DOUBLE AS f FROM range(300000) r(i)");
  const std::string sums = "SELECT sum(f), avg(f), min(f), max(f) FROM t";
  ExpectSame(sums);
  Run("DELETE FROM t WHERE k = 150010");
  ExpectCorrected(sums);
  EXPECT_EQ(Rows(sums), "nan|nan|-inf|nan");
  for (const int k : {150000, 150001, 150002, 200000}) {
    Run(fmt::format("DELETE FROM t WHERE k = {}", k));
    ExpectSame(sums);
  }
  EXPECT_EQ(Rows("SELECT isfinite(sum(f)) FROM t"), "true");
}

TEST_F(StateRemovalSql, OtherTimesAndTransactionsHaveTheirOwnRows) {
  MakeTable();
  const std::string sql = "SELECT g, sum(k), count(*), sum(e) FROM t GROUP BY g ORDER BY g";
  ExpectSame(sql);
  const auto first = Rows(sql);
  Run("BEGIN");
  Run("DELETE FROM t WHERE k = 150000");
  ExpectCorrected(sql);
  Run("DELETE FROM t WHERE k = 150001");
  ExpectCorrected(sql);
  Run("ROLLBACK");
  EXPECT_EQ(Rows(sql), first);
  Run("DELETE FROM t WHERE k = 150002");
  ExpectSame(sql);
  Run("DELETE FROM t WHERE k = 150003");
  ExpectCorrected(sql);
  const auto at = [&](int version) {
    return fmt::format(
        "SELECT g, sum(k), count(*), sum(e) FROM t AT (VERSION => {}) GROUP BY g "
        "ORDER BY g",
        version);
  };
  const auto last = Rows(sql);
  EXPECT_EQ(Rows(at(1)), first);
  EXPECT_EQ(Rows(at(2)), Scanned(at(2)));
  EXPECT_NE(Rows(at(2)), last);
  EXPECT_EQ(Rows(at(3)), last);
  EXPECT_EQ(Rows(sql), last);
  // Another row than the one whose states are kept does without.
  Run("BEGIN");
  Run("DELETE FROM t WHERE k = 200000");
  ExpectSame(sql);
  Run("ROLLBACK");
  Run("BEGIN");
  Run("DELETE FROM t WHERE k = 200001");
  ExpectSame(sql);
  Run("COMMIT");
  ExpectSame(sql);
  Run("CALL icefall_compact('t')");
  ExpectSame(sql);
}

TEST_F(StateRemovalSql, StatesOfCoarserKeysAndFewerAggregatesAreCorrected) {
  MakeTable();
  ExpectSame("SELECT g, s, sum(v), count(*), avg(d) FROM t GROUP BY ALL ORDER BY ALL");
  const std::string fewer = "SELECT s, g, count(*) FROM t GROUP BY ALL ORDER BY ALL";
  Run("DELETE FROM t WHERE k = 150000");
  ExpectCorrected(fewer);
  // Of finer keys it is not known which of them had the row.
  const std::string coarser = "SELECT s, sum(v) FROM t GROUP BY s ORDER BY s";
  EXPECT_EQ(States(coarser), "2 kept, 1");
  ExpectSame(coarser);
  Run("DELETE FROM t WHERE k = 150001");
  ExpectCorrected(coarser);
  // With a filter, rows that do not pass it leave all as it was.
  const std::string filtered = "SELECT s, g, sum(v) FROM t WHERE v < 100 GROUP BY ALL ORDER BY ALL";
  ExpectSame(filtered);
  Run("DELETE FROM t WHERE k = 150998");
  ExpectCorrected(filtered);
}

TEST_F(StateRemovalSql, FiltersThatStatisticsProveNeedNoStatesOfTheirOwn) {
  Run("CREATE TABLE t AS SELECT i AS k, i % 10 AS v FROM range(100000) r(i)");
  const std::string all = "SELECT sum(k + 1), count(*) FROM t";
  const std::string filtered = "SELECT sum(k + 1), count(*) FROM t WHERE k >= 0 AND v <= 9";
  ExpectSame(all);
  Run("DELETE FROM t WHERE k = 0 OR k = 99999");
  EXPECT_EQ(States(filtered), "1 kept, 0");
  EXPECT_EQ(Corrected(filtered), "1");
  ExpectSame(filtered);
  EXPECT_EQ(Corrected(all), "0");
  ExpectSame(all);
}

TEST_F(StateRemovalSql, CountsOfColumnsThatLostTheirNulls) {
  Run("CREATE TABLE t AS SELECT i AS k, CASE WHEN i > 0 THEN i % 10 END AS v FROM "
      "range(100000) r(i)");
  const std::string rows = "SELECT sum(k), count(*) FROM t";
  const std::string values = "SELECT sum(k), count(v) FROM t";
  ExpectSame(rows);
  Run("DELETE FROM t WHERE k = 0");
  ExpectSame(values);
  ExpectSame(rows);
}

// Both counts are the same state of the file without NULLs.
TEST_F(StateRemovalSql, OneStateMayAnswerTwoAggregates) {
  Run("CREATE TABLE t AS SELECT i AS k, i % 3 AS g, i % 10 AS v FROM range(100000) r(i)");
  Run("INSERT INTO t SELECT i, 1, NULL FROM range(100000, 200000) r(i)");
  ExpectSame("SELECT g, count(*), sum(k) FROM t WHERE k % 2 = 0 GROUP BY g ORDER BY g");
  Run("DELETE FROM t WHERE k = 5001");
  const std::string counts =
      "SELECT g, count(*), count(v) FROM t WHERE k % 2 = 0 GROUP BY g ORDER BY g";
  EXPECT_EQ(Corrected(counts), "1");
  ExpectSame(counts);
}

TEST_F(StateRemovalSql, ColumnsThatPagesDoNotHaveAreComputed) {
  MakeTable();
  Run("ALTER TABLE t ADD COLUMN later INTEGER DEFAULT 5");
  Run("CREATE TABLE wide AS SELECT k, k::HUGEINT AS h FROM t");
  const std::string added = "SELECT sum(later) FROM t";
  const std::string wide = "SELECT sum(h) FROM wide";
  ExpectSame(added);
  ExpectSame(wide);
  Run("DELETE FROM t WHERE k = 150000");
  Run("DELETE FROM wide WHERE k = 150000");
  ExpectComputed(added);
  ExpectComputed(wide);
}

TEST_F(StateRemovalSql, CorrectedStatesAreWrittenAsOthersAre) {
  MakeTable();
  const std::string sql = "SELECT g, sum(k), avg(f) FROM t GROUP BY g ORDER BY g";
  ExpectSame(sql);
  Run("DELETE FROM t WHERE k = 150000");
  ExpectCorrected(sql);
  Reattach();
  EXPECT_EQ(States(sql), "3 kept, 0");
  EXPECT_EQ(Corrected(sql), "0");
  ExpectSame(sql);
  // What is on disk alone does not tell which rows it was made without.
  Run("DELETE FROM t WHERE k = 150001");
  Run("SET icefall_partial_files_mib = 0");
  ExpectCorrected(sql);
  Reattach();
  EXPECT_EQ(States(sql), "2 kept, 1");
  ExpectSame(sql);
  // So it is with caches that were cleared or have no room.
  Run("DELETE FROM t WHERE k = 150002");
  Run("CALL icefall_clear_cache()");
  EXPECT_EQ(States(sql), "0 kept, 3");
  Run("SET icefall_partial_aggregates_mib = 0");
  ExpectSame(sql);
  EXPECT_EQ(States(sql), "0 kept, 3");
}

}  // namespace
}  // namespace icefall
