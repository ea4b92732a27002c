#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using testing::HasSubstr;

using CatalogSql = SqlFixture;

TEST_F(CatalogSql, SchemasComeAndGo) {
  Run("CREATE SCHEMA s");
  Run("CREATE SCHEMA IF NOT EXISTS s");
  EXPECT_THAT(ErrorOf("CREATE SCHEMA s"), HasSubstr("already exists"));
  Run("CREATE TABLE s.t (i INTEGER)");
  EXPECT_THAT(ErrorOf("DROP SCHEMA s"), HasSubstr("table \"t\" depends on schema \"s\""));
  Run("DROP SCHEMA s CASCADE");
  EXPECT_THAT(ErrorOf("SELECT * FROM s.t"), HasSubstr("does not exist"));
  Run("DROP SCHEMA IF EXISTS s");
  EXPECT_THAT(ErrorOf("DROP SCHEMA s"), HasSubstr("Catalog Error"));
}

TEST_F(CatalogSql, EverythingIsThereAfterReopening) {
  Run("CREATE TYPE mood AS ENUM ('sad', 'ok')");
  Run("CREATE TABLE t (i INTEGER PRIMARY KEY, m mood, s VARCHAR DEFAULT 'a' || 'b', "
      "g INTEGER GENERATED ALWAYS AS (i * 2), CHECK (i > 0))");
  Run("CREATE VIEW v AS SELECT i FROM t");
  Run("CREATE MACRO plus(a, b) AS a + b");
  Run("CREATE MACRO above(n) AS TABLE SELECT i FROM t WHERE i > n");
  Run("COMMENT ON TABLE t IS 'about t'");
  Run("COMMENT ON COLUMN t.i IS 'about i'");
  Run("INSERT INTO t (i, m) VALUES (1, 'ok'), (2, 'sad')");
  Open();
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY i"), "1|ok|ab|2\n2|sad|ab|4");
  EXPECT_EQ(Rows("SELECT sum(i) FROM v"), "3");
  EXPECT_EQ(Rows("SELECT plus(1, 2)"), "3");
  EXPECT_EQ(Rows("SELECT * FROM above(1)"), "2");
  EXPECT_EQ(Rows("SELECT 'ok'::mood"), "ok");
  EXPECT_EQ(Rows("SELECT comment FROM duckdb_tables() WHERE table_name = 't'"), "about t");
  EXPECT_EQ(Rows("SELECT comment FROM duckdb_columns() WHERE column_name = 'i' AND "
                 "table_name = 't'"),
            "about i");
  EXPECT_EQ(Rows("SELECT sql FROM duckdb_tables() WHERE table_name = 't'"),
            "CREATE TABLE t(i INTEGER, m ENUM('sad', 'ok'), s VARCHAR DEFAULT(('a' || "
            "'b')), g INTEGER GENERATED ALWAYS AS((i * 2)), PRIMARY KEY(i), CHECK((i > 0)));");
}

TEST_F(CatalogSql, NamesOfOneKindAreNotTakenByAnother) {
  Run("CREATE TABLE t (i INTEGER)");
  EXPECT_THAT(ErrorOf("CREATE VIEW t AS SELECT 1"),
              HasSubstr("Table with name \"t\" already exists"));
  EXPECT_THAT(ErrorOf("CREATE OR REPLACE VIEW t AS SELECT 1"),
              HasSubstr("Existing object t is of type Table"));
  EXPECT_THAT(ErrorOf("DROP VIEW t"), HasSubstr("Catalog Error"));
  Run("CREATE OR REPLACE TABLE t (s VARCHAR)");
  EXPECT_EQ(Rows("SELECT column_type FROM (DESCRIBE t)"), "VARCHAR");
  Run("CREATE TABLE IF NOT EXISTS t (d DATE)");
  EXPECT_EQ(Rows("SELECT column_type FROM (DESCRIBE t)"), "VARCHAR");
}

TEST_F(CatalogSql, RollbackTakesDdlBack) {
  Run("BEGIN");
  Run("CREATE TABLE t (i INTEGER)");
  Run("CREATE VIEW v AS SELECT 1 AS x");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "0");
  Run("ROLLBACK");
  EXPECT_EQ(Rows("SHOW TABLES"), "");
}

TEST_F(CatalogSql, OtherConnectionsSeeDdlAfterItsCommitOnly) {
  duckdb::Connection other(db());
  other.Query("USE my");
  Run("BEGIN");
  Run("CREATE TABLE t (i INTEGER)");
  EXPECT_TRUE(other.Query("SELECT * FROM t")->HasError());
  Run("COMMIT");
  EXPECT_FALSE(other.Query("SELECT * FROM t")->HasError());
}

TEST_F(CatalogSql, ViewsAreRenamedAndReplaced) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("CREATE VIEW v AS SELECT i FROM t");
  Run("CREATE OR REPLACE VIEW v AS SELECT i + 1 AS j FROM t");
  Run("ALTER VIEW v RENAME TO w");
  EXPECT_EQ(Rows("SELECT column_name FROM (DESCRIBE w)"), "j");
  Run("DROP VIEW w");
  EXPECT_THAT(ErrorOf("SELECT * FROM w"), HasSubstr("does not exist"));
}

TEST_F(CatalogSql, ErrorsHaveTheirKindAndEndNothingButTheStatement) {
  Run("CREATE TABLE t (i INTEGER)");
  EXPECT_THAT(ErrorOf("CREATE TABLE t (i INTEGER)"), HasSubstr("Catalog Error"));
  EXPECT_THAT(ErrorOf("DROP TABLE nothing"), HasSubstr("Catalog Error"));
  EXPECT_THAT(ErrorOf("CREATE COLLATION c FROM nocase"), HasSubstr("Error"));
  EXPECT_THAT(ErrorOf("CREATE INDEX x ON t ((i + 1))"), HasSubstr("Binder Error"));
  EXPECT_THAT(ErrorOf("CREATE TABLE u (d DATE) PARTITIONED BY (week(d))"),
              HasSubstr("found \"week\"(d)"));
  EXPECT_THAT(ErrorOf("SELECT * FROM t AT (VERSION => 99)"), HasSubstr("asked for version 99"));
  EXPECT_THAT(ErrorOf("SELECT * FROM t AT (VERSION => 'x')"), HasSubstr("Binder Error"));
  EXPECT_THAT(ErrorOf("SELECT * FROM t AT (BRANCH => 'x')"), HasSubstr("Error"));
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "0");
}

TEST_F(CatalogSql, AttachOptionsAreChecked) {
  EXPECT_THAT(ErrorOf("ATTACH '" + path() + "' AS a (TYPE icefall, SPEED 9)"),
              HasSubstr("ATTACH option SPEED is unknown"));
  EXPECT_THAT(ErrorOf("ATTACH '" + path() + "' AS a (TYPE icefall, INLINE_ROW_LIMIT 'many')"),
              HasSubstr("expected a UBIGINT"));
  EXPECT_THAT(ErrorOf("ATTACH '" + path() +
                      "' AS a (TYPE icefall, SNAPSHOT 1, SNAPSHOT_TIME "
                      "'2020-01-01')"),
              HasSubstr("found both"));
  EXPECT_THAT(ErrorOf("ATTACH '" + path() + "/none' AS a (TYPE icefall, READ_ONLY)"),
              HasSubstr("Error"));
  EXPECT_THAT(ErrorOf("SET icefall_isolation = 'dirty'"), HasSubstr("found 'dirty'"));
  Run("SET icefall_isolation = 'SERIALIZABLE'");
}

TEST_F(CatalogSql, ReadOnlyRefusesChanges) {
  Run("CREATE TABLE t (i INTEGER)");
  Open(", READ_ONLY");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "0");
  EXPECT_THAT(ErrorOf("CREATE TABLE u (i INTEGER)"), HasSubstr("read-only"));
}

// What uses another comes behind it, whatever its name.
TEST_F(CatalogSql, WhatIsExportedCanBeImported) {
  Run("CREATE TABLE t AS SELECT 1 AS i");
  Run("CREATE VIEW v9 AS FROM t");
  Run("CREATE MACRO m9(x) AS x");
  Run("CREATE MACRO f9() AS TABLE FROM t");
  for (int i = 8; i > 0; --i) {
    Run(fmt::format("CREATE VIEW v{} AS FROM v{}", i, i + 1));
    Run(fmt::format("CREATE MACRO m{}(x) AS m{}(x)", i, i + 1));
    Run(fmt::format("CREATE MACRO f{}() AS TABLE FROM f{}()", i, i + 1));
  }
  Run("EXPORT DATABASE '" + path() + "/exported'");
  Run("ATTACH '" + path() + "/imported' AS imported (TYPE icefall)");
  Run("USE imported");
  Run("IMPORT DATABASE '" + path() + "/exported'");
  EXPECT_EQ(Rows("SELECT v1.i, m1(v1.i), f.i FROM v1, f1() AS f"), "1|1|1");
  Run("USE my");
  Run("DETACH imported");
}

}  // namespace
}  // namespace icefall
