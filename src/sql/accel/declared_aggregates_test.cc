#include "sql/accel/declared_aggregates.h"

#include <atomic>

#include <gmock/gmock.h>

#include "sql/accel/partial_fixture.h"
#include "sql/stop_flag.h"

namespace icefall {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class DeclaredSql : public PartialAggregateSql {
 protected:
  // As it is without this fixture's settings, which make states of everything.
  DeclaredSql() {
    for (const std::string setting : {"metadata_aggregates", "partial_rows_min",
                                      "partial_queries_min", "partial_file_rows_min"}) {
      Run("RESET icefall_" + setting);
    }
  }

  std::string ErrorOf(const std::string& sql) { return connection().Query(sql)->GetError(); }
  void MakeTable(const std::string& aggregates) {
    Run("CREATE TABLE t (k BIGINT, g INTEGER, v INTEGER, s VARCHAR, f DOUBLE) WITH (aggregates = "
        "'" +
        aggregates + "')");
  }
  static std::string Load(int begin, int end) {
    return "INSERT INTO t SELECT i, i % 7, (hash(i) % 300)::INTEGER, 'text ' || i % 20, i / 3 FROM "
           "range(" +
           std::to_string(begin) + ", " + std::to_string(end) + ") r(i)";
  }
};

TEST_F(DeclaredSql, StatesAreWrittenAtLoad) {
  MakeTable(
      "sum(v), count(DISTINCT s) by g; max(f), approx_quantile(f, 0.5), "
      "count(*) FILTER (WHERE v > 3)");
  Run(Load(0, 150000));
  EXPECT_EQ(StateFilePaths().size(), 2U);
  const std::string by_g = "SELECT g, sum(v), count(DISTINCT s) FROM t GROUP BY g ORDER BY g";
  const std::string all = "SELECT max(f), approx_quantile(f, 0.9), count(*) FILTER (v > 3) FROM t";
  Reattach();
  EXPECT_EQ(States(by_g), "2 kept, 0");
  EXPECT_EQ(States(all), "2 kept, 0");
  EXPECT_EQ(States("SELECT sum(v) FROM t"), "2 kept, 0");
  ExpectSame(by_g);
  // Of every load, and of what maintenance writes; little is left to queries.
  Run(Load(150000, 180000));
  EXPECT_EQ(States(by_g), "3 kept, 0");
  Run(Load(180000, 180500));
  EXPECT_EQ(States(by_g), "3 kept, 1");
  ExpectSame(by_g);
  Run("DELETE FROM t WHERE k % 2 = 0");
  Run("CALL icefall_compact('t')");
  Reattach();
  EXPECT_EQ(States(by_g), "1 kept, 0");
  ExpectSame(by_g);
  Run("COPY (SELECT * FROM t) TO '" + path() + "/copy.parquet'");
  Run("COPY t FROM '" + path() + "/copy.parquet'");
  EXPECT_EQ(States(by_g), "2 kept, 0");
  ExpectSame(by_g);
  Run("BEGIN");
  Run(Load(0, 20000));
  Run("ROLLBACK");
  EXPECT_EQ(States(by_g), "2 kept, 0");
}

// The rows are committed by then, and queries compute what is not there.
TEST_F(DeclaredSql, ACommitThatIsToStopLeavesThemOut) {
  static std::atomic<bool> stop = true;
  StopFlag::Watch(*connection().context, stop);
  MakeTable("sum(v) by g");
  Run(Load(0, 150000));
  EXPECT_TRUE(StateFilePaths().empty());
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "150000");
  stop = false;
  Run(Load(150000, 180000));
  EXPECT_EQ(StateFilePaths().size(), 1U);
}

TEST_F(DeclaredSql, ATableThatIsCreatedFromAQueryHasThem) {
  Run("CREATE TABLE t WITH (aggregates = 'count(*), avg(k) group by g') AS SELECT range AS k, "
      "range % 5 AS g FROM range(20000)");
  EXPECT_EQ(States("SELECT g, avg(k) FROM t GROUP BY g"), "1 kept, 0");
}

TEST_F(DeclaredSql, BuildsThemForWhatIsThere) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 70000 AS g FROM range(140000)");
  const std::string sql = "SELECT g, sum(k) FROM t GROUP BY g";
  EXPECT_EQ(States(sql), "");
  Run("ALTER TABLE t SET (aggregates = 'sum(k), min(k) by g')");
  EXPECT_EQ(Rows("SELECT declarations, kept_units, computed_units, file_bytes > 1000000 FROM "
                 "icefall_build_aggregates('t')"),
            "1|0|2|true");
  // Though there are many groups, which only a declaration asks for.
  EXPECT_EQ(States(sql), "2 kept, 0");
  Run("UPDATE t SET k = 0 WHERE k = 3");
  EXPECT_EQ(States(sql), "2 kept, 0");
  EXPECT_EQ(Corrected(sql), "1");
  EXPECT_EQ(Rows("SELECT kept_units, computed_units FROM icefall_build_aggregates('t')"), "1|1");
  EXPECT_EQ(Rows("SELECT name, size_bytes > 1000000, detail FROM icefall_cache() WHERE kind = "
                 "'aggregates'"),
            "t|true|sum(k), min(k) by g");
  Run("ALTER TABLE t RESET (aggregates)");
  EXPECT_EQ(Rows("SELECT declarations FROM icefall_build_aggregates('t')"), "0");
  EXPECT_EQ(Rows("SELECT count(*) FROM icefall_cache() WHERE kind = 'aggregates'"), "0");
}

TEST_F(DeclaredSql, DeclarationsMustFitTheTable) {
  Run("CREATE TABLE t (k BIGINT, g INTEGER, s VARCHAR, \"odd name; by\" INTEGER)");
  const auto expect = [&](const std::string& text, const std::string& error) {
    EXPECT_THAT(ErrorOf("ALTER TABLE t SET (aggregates = '" + text + "')"),
                AllOf(HasSubstr("table t: option aggregates"), HasSubstr(error)))
        << text;
    EXPECT_THAT(ErrorOf("CREATE TABLE u (k BIGINT, g INTEGER, s VARCHAR) WITH (aggregates = '" +
                        text + "')"),
                AllOf(HasSubstr("table u: option aggregates"), HasSubstr(error)))
        << text;
  };
  expect("sum(x)", "there is no column \"x\"; expected one of k, g, s");
  expect("sum(k) by h, g", "there is no column \"h\"; expected one of k, g, s");
  expect("median(k)", "does not follow from parts of the table; expected count, sum, avg");
  expect("sum(k) FILTER (random() < 0.5)", "does not follow from parts");
  expect("sum(k) FILTER (h = 1)", "there is no column \"h\"");
  expect("sum(s)", "sum(VARCHAR)");
  expect("k + 1 by k", "expected aggregates, found none");
  expect("sum(k) by random()", "is not the same each time");
  expect("", "expected aggregates such as");
  expect(" ; ", "expected aggregates such as");
  expect("sum(k", "expected expressions, found");
  expect("sum(k) FROM t", "expected expressions, found");
  expect("sum(k) by", "expected expressions, found");
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET (aggregate = 'sum(k)')"), HasSubstr("aggregates"));
  Run("ALTER TABLE t SET (aggregates = 'count(\"odd name; by\"), max(s) GROUP BY \"odd name; by\", "
      "s = '';by''')");
  Run("INSERT INTO t SELECT range, 1, ';by', range % 3 FROM range(20000)");
  EXPECT_EQ(States("SELECT \"odd name; by\", max(s) FROM t GROUP BY 1"), "1 kept, 0");
}

TEST_F(DeclaredSql, ColumnsThatAreDeclaredStayAsTheyAre) {
  MakeTable("sum(v) by g");
  EXPECT_THAT(ErrorOf("ALTER TABLE t DROP COLUMN v"),
              HasSubstr("table t: option aggregates: there is no column \"v\""));
  EXPECT_THAT(ErrorOf("ALTER TABLE t RENAME COLUMN g TO h"),
              HasSubstr("table t: option aggregates: there is no column \"g\""));
  EXPECT_THAT(ErrorOf("ALTER TABLE t ALTER v TYPE VARCHAR"),
              HasSubstr("table t: option aggregates"));
  Run("ALTER TABLE t RENAME COLUMN k TO id");
  Run("ALTER TABLE t RENAME TO renamed");
  Run("ALTER TABLE renamed SET (aggregates = 'count(*)')");
  Run("ALTER TABLE renamed DROP COLUMN v");
}

}  // namespace
}  // namespace icefall
