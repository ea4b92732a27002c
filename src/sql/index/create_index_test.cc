// CREATE INDEX and DROP INDEX, and scans that find their rows through an index.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CreateIndexTest : public WriteFixture {
 protected:
  std::string Plan(const std::string& sql) {
    auto result = ours_->Query("EXPLAIN " + sql);
    return result->HasError() ? result->GetError() : result->GetValue(1, 0).ToString();
  }
  std::string RunPlan(const std::string& sql) {
    auto result = ours_->Query("EXPLAIN ANALYZE " + sql);
    return result->HasError() ? result->GetError() : result->GetValue(1, 0).ToString();
  }
  // Found through the index, and what a plain table answers.
  void Found(const std::string& sql) {
    EXPECT_THAT(RunPlan(sql), HasSubstr("Index: ")) << sql;
    Both(sql);
  }
};

TEST_F(CreateIndexTest, IsListedKeptAndDropped) {
  Both("CREATE TABLE t(i INTEGER, s VARCHAR, g INTEGER)");
  Both("INSERT INTO t SELECT i, 's' || i, i % 7 FROM range(1000) r(i)");
  Both("CREATE UNIQUE INDEX by_i ON t(i)");
  Both("CREATE INDEX by_g_s ON t USING art (g, s)");
  BothFail("CREATE INDEX by_i ON t(s)", "Index with name \"by_i\" already exists!");
  MustRun(*plain_, "CREATE INDEX IF NOT EXISTS by_i ON t(s)");
  EXPECT_EQ(Ours("CREATE INDEX IF NOT EXISTS by_i ON t(s)"), "");
  BothFail("CREATE INDEX bad ON t(nothing)", "does not have a column named \"nothing\"");
  EXPECT_THAT(ours_->Query("CREATE INDEX sums ON t((i + g))")->GetError(),
              HasSubstr("index a stored column instead of an expression"));
  const std::string list =
      "SELECT table_name, index_name, is_unique, is_primary, expressions FROM duckdb_indexes() "
      "WHERE database_name = current_database()";
  EXPECT_EQ(Ours(list), "'t'|'by_g_s'|false|false|'[g, s]'|\n't'|'by_i'|true|false|'[i]'|\n");
  BothFail("INSERT INTO t VALUES (77, 'x', 0)", "duplicate key '77'");
  Both("INSERT INTO t VALUES (77, 'up', 0) ON CONFLICT (i) DO UPDATE SET s = excluded.s");
  Both("DROP INDEX by_i");
  BothFail("DROP INDEX by_i", "by_i");
  Both("DROP INDEX IF EXISTS by_i");
  Both("INSERT INTO t VALUES (78, 'x', 0)");
  ExpectSame("t");
  EXPECT_EQ(Ours("SELECT count(*) FROM duckdb_indexes() WHERE index_name = 'by_i' AND "
                 "database_name = 'lake'"),
            "0|\n");
}

TEST_F(CreateIndexTest, UniqueRefusesWhatIsThereTwice) {
  Ours("CREATE TABLE t(i INTEGER, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, NULL FROM range(1000) r(i)");
  Ours("CREATE UNIQUE INDEX nulls_differ ON t(s)");
  Ours("INSERT INTO t VALUES (500, 'inline')");
  const auto refused = ours_->Query("CREATE UNIQUE INDEX u ON t(i)");
  ASSERT_TRUE(refused->HasError());
  EXPECT_THAT(refused->GetError(),
              HasSubstr("unique key violation on index 'u' of table 't': duplicate key '500'"));
  Ours("DELETE FROM t WHERE i = 500 AND s IS NULL");
  Ours("CREATE UNIQUE INDEX u ON t(i)");
  EXPECT_TRUE(ours_->Query("INSERT INTO t VALUES (500, 'again')")->HasError());
}

TEST_F(CreateIndexTest, RowsAddedMeanwhileAreNoDuplicates) {
  Ours("CREATE TABLE t(i INTEGER)");
  Ours("INSERT INTO t VALUES (1)");
  auto other = Connect();
  Ours("BEGIN");
  Ours("CREATE UNIQUE INDEX u ON t(i)");
  MustRun(*other, "INSERT INTO lake.t VALUES (1)");
  EXPECT_THAT(ours_->Query("COMMIT")->GetError(), HasSubstr("constraint 'u' was added"));
  // An index without a promise stands beside new rows.
  Ours("BEGIN");
  Ours("CREATE INDEX n ON t(i)");
  MustRun(*other, "INSERT INTO lake.t SELECT i FROM range(1000) r(i)");
  Ours("COMMIT");
  EXPECT_THAT(RunPlan("SELECT * FROM t WHERE i = 900"), HasSubstr("Index: n"));
  EXPECT_EQ(Ours("SELECT count(*) FROM t WHERE i = 1"), "3|\n");
}

TEST_F(CreateIndexTest, ScansFindRowsThroughIt) {
  Both("CREATE TABLE t(i INTEGER, s VARCHAR, g INTEGER, d DOUBLE, p INTERVAL, z TIMETZ)");
  for (const std::string part : {"0, 6000", "6000, 12000", "12000, 12050"}) {
    Both(
        "INSERT INTO t SELECT (i * 7919) % 12050, 's' || lpad(i::VARCHAR, 6, '0'), i % 500, "
        "CASE WHEN i % 900 = 0 THEN NULL WHEN i % 901 = 0 THEN 'nan' ELSE i / 8.0 - 10 END, "
        "CASE WHEN i % 3000 = 0 THEN INTERVAL 30 DAY WHEN i % 3000 = 1 THEN INTERVAL 1 MONTH "
        "ELSE INTERVAL (i) MINUTE END, "
        "CASE i % 4000 WHEN 0 THEN '12:00:00+00' WHEN 1 THEN '13:00:00+01' "
        "ELSE '01:00:00+00' END::TIMETZ FROM range(" +
        part + ") r(i)");
  }
  for (const std::string column : {"i", "s", "g, i", "d", "p"}) {
    Ours("CREATE INDEX by_" + column.substr(0, 1) + " ON t(" + column + ")");
  }
  Both("DELETE FROM t WHERE i % 1000 = 3");
  Both("UPDATE t SET s = s || 'u' WHERE i % 1000 = 5");
  for (const std::string where :
       {"i = 77", "i = 3", "i = 2005", "i IN (5, 6, 1003, 99999)", "i = 1 OR i = 11000",
        "i BETWEEN 100 AND 120", "i > 12040", "i < 7", "s = 's000077'", "s LIKE 's00012%'",
        "s >= 's011990'", "g = 7", "g = 7 AND i = 1234", "g = 7 AND i < 100", "g IN (1, 2)",
        "d = 0.125", "d = 0", "i = 5 AND s LIKE '%u'"}) {
    Found("SELECT * FROM t WHERE " + where);
    Both("SELECT count(*), min(i), max(s), sum(d) FROM t WHERE " + where);
  }
  for (const std::string where : {"d = 'nan'::DOUBLE", "d > 1488", "d < -9", "d IS NULL",
                                  "p = INTERVAL 30 DAY", "p = INTERVAL 1 MONTH"}) {
    Both("SELECT * FROM t WHERE " + where);
  }
  // Answered by the index alone.
  for (const std::string columns : {"i", "count(*)", "rowid", "i, rowid, file_row_number"}) {
    EXPECT_EQ(Ours("SELECT " + columns + " FROM t WHERE i IN (70, 1003, 11000)"),
              Ours("SELECT " + columns + " FROM t WHERE i + 0 IN (70, 1003, 11000)"));
  }
  Found("SELECT count(*), sum(i) FROM t JOIN (SELECT range * 1000 AS i FROM range(5)) k USING (i)");
  // Not selective: the file is read, and of the inline rows those that the index finds.
  EXPECT_THAT(RunPlan("SELECT sum(g) FROM t WHERE i > 100"), HasSubstr("Files: 2/2"));
  Both("SELECT count(*) FROM t WHERE i IS NULL OR d IS NULL");
  Ours("CREATE INDEX by_z ON t(z)");
  Both("SELECT * FROM t WHERE z = '12:00:00+00'");
  Both("SELECT * FROM t WHERE z = '13:00:00+01'");
  Both("DELETE FROM t WHERE i = 4000");
  Both("UPDATE t SET g = -1 WHERE s = 's004001'");
  Both("DELETE FROM t USING (VALUES (11), (22)) v(k) WHERE i = k");
  ExpectSame("t");
}

TEST_F(CreateIndexTest, LooksAtThePastAsItWas) {
  Ours("CREATE TABLE t(i INTEGER PRIMARY KEY, v INTEGER)");
  Ours("INSERT INTO t SELECT i, 0 FROM range(1000) r(i)");
  Ours("UPDATE t SET v = 1 WHERE i = 500");
  Ours("DELETE FROM t WHERE i = 600");
  EXPECT_EQ(Ours("SELECT v FROM t AT (VERSION => 2) WHERE i = 500"), "0|\n");
  EXPECT_EQ(Ours("SELECT v FROM t AT (VERSION => 3) WHERE i = 600"), "0|\n");
  EXPECT_EQ(Ours("SELECT v FROM t WHERE i IN (500, 600)"), "1|\n");
}

}  // namespace
}  // namespace icefall
