#include "sql/accel/sketch_functions.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/accel/partial_fixture.h"

namespace icefall {
namespace {

class SketchSql : public PartialAggregateSql {
 protected:
  void MakeTable() {
    Run("CREATE TABLE t AS SELECT i AS k, i % 7 AS g, (hash(i) % 300)::INTEGER AS v, "
        "CASE WHEN i % 3 > 0 THEN 'text ' || hash(i, 1) % 90 END AS s, "
        "(hash(i, 2) % 1000000) / 7.0 AS f, DATE '2026-01-01' + (i % 50)::INTEGER AS d, "
        "(hash(i, 3) % 100000)::DECIMAL(18,3) / 8 AS c FROM range(300000) r(i)");
  }
};

TEST_F(SketchSql, DistinctValuesAreCountedFromStates) {
  MakeTable();
  const std::string sql =
      "SELECT g, count(DISTINCT v), count(DISTINCT s), sum(k), count(*), count(s) FROM t "
      "GROUP BY g ORDER BY g";
  const std::string one =
      "SELECT g, count(DISTINCT v), sum(DISTINCT v), avg(DISTINCT v), avg(k), max(s) FROM t "
      "GROUP BY g ORDER BY g";
  EXPECT_EQ(States(one), "0 kept, 3");
  ExpectSame(one);
  EXPECT_EQ(States(one), "3 kept, 0");
  // By coarser keys, with a filter that statistics prove, and of fewer aggregates.
  for (const std::string other :
       {"SELECT count(DISTINCT v) FROM t", "SELECT count(DISTINCT g), sum(DISTINCT v) FROM t",
        "SELECT v, count(DISTINCT g) FROM t GROUP BY v ORDER BY v",
        "SELECT g, avg(k), count(DISTINCT v) FROM t GROUP BY g ORDER BY g",
        "SELECT count(DISTINCT g) FROM t WHERE k < 300000"}) {
    EXPECT_EQ(States(other), "3 kept, 0") << other;
    ExpectSame(other);
  }
  // Each value by itself: their combinations would be too many.
  ExpectSame(sql);
  EXPECT_EQ(States(sql), "3 kept, 0");
  ExpectSame(sql);
  ExpectSame("SELECT count(DISTINCT v), count(DISTINCT s), count(DISTINCT d), avg(c) FROM t");
  Run("UPDATE t SET v = 1000 WHERE k = 200000");
  EXPECT_EQ(States(one), "2 kept, 1");
  ExpectSame(one);
  ExpectSame("SELECT count(DISTINCT s) FROM t WHERE v < 20");
  ExpectSame("SELECT count(DISTINCT upper(s)) FROM t WHERE k % 2 = 0");
  ExpectSame("SELECT count(DISTINCT s) FROM t WHERE k < 0");
  ExpectSame("SELECT d, count(DISTINCT s) FROM t WHERE k > 299000 GROUP BY d ORDER BY d");
}

TEST_F(SketchSql, DistinctCountsAreDuckdbs) {
  MakeTable();
  Run("INSERT INTO t (k) VALUES (-1), (-2)");
  const std::string sql =
      "SELECT g, approx_count_distinct(k), approx_count_distinct(s), approx_count_distinct(f), "
      "approx_count_distinct(d), approx_count_distinct(c), approx_count_distinct(NULL::INTEGER), "
      "approx_count_distinct({'a': v, 'b': [s]}) FROM t GROUP BY g ORDER BY g";
  const std::string all = "SELECT approx_count_distinct(k), approx_count_distinct(s) FROM t";
  ExpectSame(sql);
  EXPECT_EQ(States(sql), "3 kept, 0");
  ExpectSame(sql);
  EXPECT_EQ(States(all), "3 kept, 0");
  ExpectSame(all);
  Run("DELETE FROM t WHERE k % 1000 = 3 AND k > 250000");
  EXPECT_EQ(States(sql), "2 kept, 1");
  ExpectSame(sql);
  ExpectSame("SELECT approx_count_distinct(k) FROM t WHERE s > 'text 5'");
  ExpectSame("SELECT approx_count_distinct(k) FROM t WHERE k < -5");
  Reattach();
  EXPECT_EQ(States(sql), "3 kept, 0");
  ExpectSame(sql);
}

TEST_F(SketchSql, QuantilesAreTheSameWithoutStates) {
  MakeTable();
  const std::string all = "SELECT approx_quantile(f, 0.5), approx_quantile(k, [0.1, 0.6]) FROM t";
  const auto first = Rows(all);
  Run("SET icefall_partial_rows_min = 1000000");
  EXPECT_EQ(States(all), "");
  EXPECT_EQ(Rows(all), first);
  const std::string many = "SELECT k, approx_quantile(f, 0.5) FROM t GROUP BY k";
  EXPECT_EQ(States(many), "");
  EXPECT_EQ(
      Rows("SELECT count(*) FROM (" + many + ") m(k, middle) JOIN t USING (k) WHERE middle = f"),
      "300000");
  EXPECT_EQ(Rows("SELECT approx_quantile(f, 0.5) FILTER (g = 3) FROM t GROUP BY ROLLUP (g) "
                 "ORDER BY g NULLS FIRST LIMIT 1"),
            Rows("SELECT approx_quantile(f, 0.5) FROM t WHERE g = 3"));
}

// The same whatever was kept, by whichever keys, and in whatever order rows come.
TEST_F(SketchSql, QuantilesDoNotDependOnWhatIsKept) {
  MakeTable();
  const std::string all =
      "SELECT approx_quantile(f, 0.5), approx_quantile(f, [0.01, 0.99]), approx_quantile(k, 0.3), "
      "approx_quantile(d, 0.7), approx_quantile(c, [0.5]) FROM t";
  const auto first = Rows(all);
  EXPECT_EQ(States(all), "3 kept, 0");
  EXPECT_EQ(Rows(all), first);
  Run("CALL icefall_clear_cache()");
  Rows(
      "SELECT g, approx_quantile(f, 0.1), approx_quantile(k, 0.1), approx_quantile(d, 0.1), "
      "approx_quantile(c, 0.1), approx_quantile(c, [0.1]) FROM t GROUP BY g");
  EXPECT_EQ(States(all), "3 kept, 0");
  EXPECT_EQ(Rows(all), first);
  Run("SET threads = 1");
  Reattach();
  EXPECT_EQ(States(all), "3 kept, 0");
  EXPECT_EQ(Rows(all), first);
  Run("CREATE TABLE reversed AS SELECT * FROM t ORDER BY k DESC");
  EXPECT_EQ(Rows("SELECT approx_quantile(f, 0.5), approx_quantile(f, [0.01, 0.99]), "
                 "approx_quantile(k, 0.3), approx_quantile(d, 0.7), approx_quantile(c, [0.5]) "
                 "FROM reversed"),
            first);
}

TEST_F(SketchSql, QuantilesAreNearTheExactOnes) {
  MakeTable();
  Run("DELETE FROM t WHERE k BETWEEN 1000 AND 60000");
  for (const std::string group : {"1", "g", "s"}) {
    for (const double quantile : {0.001, 0.25, 0.5, 0.9}) {
      for (const std::string column : {"f", "k", "v", "epoch_us(d)", "f - 70000"}) {
        // A hundredth of the rows, or a 64th of the value.
        const auto sql = fmt::format(
            "WITH a AS (SELECT {2} AS h, approx_quantile({0}, {1}) AS v FROM t GROUP BY ALL), "
            "e AS (SELECT {2} AS h, quantile_disc({0}, greatest({1} - 0.01, 0)) AS low, "
            "quantile_disc({0}, {1} + 0.01) AS high FROM t GROUP BY ALL) "
            "SELECT bool_and(v BETWEEN low - abs(low) / 64 AND high + abs(high) / 64), count(*) > "
            "0 FROM a JOIN e ON a.h IS NOT DISTINCT FROM e.h",
            column, quantile, group);
        EXPECT_EQ(Rows(sql), "true|true") << column << " " << quantile << " by " << group;
      }
    }
  }
  // Few values are exact, and so are the ends.
  EXPECT_EQ(Rows("SELECT approx_quantile(v, [0, 0.5, 1]) FROM t"),
            Rows("SELECT quantile_disc(v, [0, 0.5, 1]) FROM t"));
  EXPECT_EQ(Rows("SELECT approx_quantile(f, [0, 1]) FROM t"),
            Rows("SELECT [min(f), max(f)] FROM t"));
}

// Query verification copies plans by way of bytes, and compares the answers with those of plans
// that were not copied.
TEST_F(SketchSql, PlansWithQuantilesAreCopied) {
  Run("SET icefall_partial_rows_min = 250000");
  Run("CREATE TABLE t AS SELECT i AS k, i::DECIMAL(9, 2) AS c FROM range(1000) r(i)");
  Run("PRAGMA enable_verification");
  EXPECT_EQ(Rows("SELECT abs(approx_quantile(k, 0.5) - 500) < 50, "
                 "len(approx_quantile(k, [0.1, 0.9])), abs(approx_quantile(c, 0.5) - 500) < 50, "
                 "len(approx_quantile(c, [0.1])) FROM t"),
            "true|2|true|1");
  EXPECT_EQ(Rows("SELECT count(*) FROM (SUMMARIZE t)"), "2");
}

TEST_F(SketchSql, QuantilesOfEveryType) {
  Run("CREATE TABLE t AS SELECT i AS k, (i % 100)::TINYINT AS a, (i % 9)::SMALLINT AS b, "
      "i::HUGEINT * 1000000000000000000000 AS h, i::FLOAT AS f, TIMESTAMP '2026-01-01' + "
      "INTERVAL 1 SECOND * i AS ts, TIME '00:00' + INTERVAL 1 SECOND * (i % 86400) AS ti, "
      "CASE i % 4 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN i END AS n, "
      "NULL::INTEGER AS nothing, TIMETZ '00:00:00+00' AS tz FROM range(300000) r(i)");
  EXPECT_EQ(Rows("SELECT approx_quantile(a, [0.5]), approx_quantile(b, 0.5), "
                 "approx_quantile(nothing, 0.5), approx_quantile(nothing, [0.5]) FROM t"),
            "[50]|4|NULL|NULL");
  const auto near = [&](const std::string& column, const std::string& exact) {
    EXPECT_EQ(Rows("SELECT abs(date_diff('minute', " + exact + ", approx_quantile(" + column +
                   ", 0.5))) < 5 FROM t"),
              "true")
        << column;
  };
  near("ts", "TIMESTAMP '2026-01-02 17:40:00'");
  near("ti", "TIME '10:25:00'");
  EXPECT_EQ(Rows("SELECT abs(approx_quantile(h, 0.5) / 150000000000000000000000000 - 1) < 0.02, "
                 "abs(approx_quantile(f, [0.5])[1] / 150000 - 1) < 0.02, "
                 "abs(approx_quantile(n, 0.5) / 150000 - 1) < 0.02 FROM t"),
            "true|true|true");
  EXPECT_EQ(States("SELECT approx_quantile(tz, 0.5) FROM t"), "");
  ExpectSame("SELECT approx_quantile(tz, 0.5) FROM t");
  EXPECT_EQ(Rows("SELECT approx_quantile(n, 0.5) FROM t WHERE k < 2 AND n > 5"), "NULL");
}

}  // namespace
}  // namespace icefall
