#include "sql/time_travel.h"

#include <string>

#include "duckdb/common/exception.hpp"
#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using testing::HasSubstr;

using TimeTravel = SqlFixture;

TEST_F(TimeTravel, ReadsATableAsItWas) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  Run("INSERT INTO t SELECT range + 2 FROM range(1000)");
  Run("DELETE FROM t WHERE i < 1000");
  Run("ALTER TABLE t RENAME COLUMN i TO j");
  EXPECT_EQ(Rows("SELECT count(*) FROM t AT (VERSION => 1)"), "0");
  EXPECT_EQ(Rows("SELECT i FROM t AT (VERSION => 2)"), "1");
  EXPECT_EQ(Rows("SELECT count(*), min(i) FROM t AT (VERSION => 3)"), "1001|1");
  EXPECT_EQ(Rows("SELECT count(*), min(i) FROM t AT (VERSION => 4)"), "2|1000");
  EXPECT_EQ(Rows("SELECT count(*), min(j) FROM t"), "2|1000");
  EXPECT_EQ(Rows("SELECT count(*) FROM t a AT (VERSION => 3) JOIN t b ON a.i = b.j"), "2");
}

TEST_F(TimeTravel, ReadsATableAsOfATime) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  Run("INSERT INTO t VALUES (2)");
  const auto first = Rows("SELECT committed_at FROM icefall_snapshots('t') WHERE sequence = 2");
  EXPECT_EQ(Rows("SELECT count(*) FROM t AT (TIMESTAMP => TIMESTAMPTZ '" + first + "')"), "1");
  EXPECT_EQ(Rows("SELECT count(*) FROM t AT (TIMESTAMP => now() + INTERVAL 1 DAY)"), "2");
  EXPECT_THAT(ErrorOf("SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '1999-01-01')"),
              HasSubstr("Catalog Error"));
  EXPECT_THAT(ErrorOf("SELECT * FROM t AT (TIMESTAMP => TIMESTAMP 'infinity')"),
              HasSubstr("expected a point in time"));
}

TEST_F(TimeTravel, AttachesADatabaseAsItWas) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  const auto then = Rows("SELECT max(database_sequence) FROM icefall_snapshots('t')");
  Run("INSERT INTO t VALUES (2)");
  Run("CREATE TABLE later (i INTEGER)");
  Open(", SNAPSHOT " + then);
  EXPECT_EQ(Rows("SELECT * FROM t"), "1");
  EXPECT_THAT(ErrorOf("SELECT * FROM later"), HasSubstr("does not exist"));
  EXPECT_THAT(ErrorOf("INSERT INTO t VALUES (3)"), HasSubstr("read-only"));
}

// A database of which every name changes after `then_`.
class PastNames : public SqlFixture {
 protected:
  std::string Newest(const std::string& table) {
    return Rows("SELECT max(database_sequence) FROM icefall_snapshots('" + table + "')");
  }
};

TEST_F(PastNames, DroppedTableIsThere) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1), (2)");
  const auto then = Newest("t");
  Run("DROP TABLE t");
  Open(", SNAPSHOT " + then);
  EXPECT_EQ(Rows("SELECT sum(i) FROM t"), "3");
  EXPECT_EQ(Rows("SELECT table_name FROM information_schema.tables WHERE table_catalog = 'my'"),
            "t");
  EXPECT_EQ(Rows("SELECT count(*) FROM icefall_snapshots('t')"), "2");
  EXPECT_EQ(Rows("SELECT count(*) FROM t AT (VERSION => 1)"), "0");
}

TEST_F(PastNames, NumberOfTheDatabaseBehindALaterCommitOfATableIsThere) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  const auto then = Newest("t");
  Run("CREATE TABLE later (j INTEGER)");
  Run("INSERT INTO later VALUES (7)");
  const auto last = Newest("later");
  Open(", SNAPSHOT " + last);
  EXPECT_EQ(Rows("SELECT i, j FROM t, later"), "1|7");
  EXPECT_EQ(Rows("SELECT count(*) FROM icefall_snapshots('later')"), "2");
  Open(", SNAPSHOT " + then);
  EXPECT_THAT(ErrorOf("SELECT * FROM later"), HasSubstr("does not exist"));
}

TEST_F(PastNames, RenamedTableAndColumnHaveTheirOldNames) {
  Run("CREATE TABLE t (i INTEGER, dropped INTEGER)");
  Run("INSERT INTO t VALUES (1, 10)");
  const auto then = Newest("t");
  Run("ALTER TABLE t RENAME COLUMN i TO j");
  Run("ALTER TABLE t DROP COLUMN dropped");
  Run("ALTER TABLE t ADD COLUMN added INTEGER");
  Run("ALTER TABLE t RENAME TO u");
  Open(", SNAPSHOT " + then);
  EXPECT_EQ(Rows("SELECT * FROM t"), "1|10");
  EXPECT_EQ(Rows("SELECT i, dropped FROM t"), "1|10");
  EXPECT_THAT(ErrorOf("SELECT * FROM u"), HasSubstr("does not exist"));
  EXPECT_THAT(ErrorOf("SELECT j FROM t"), HasSubstr("not found"));
}

TEST_F(PastNames, ColumnHasItsOldType) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  const auto then = Newest("t");
  Run("ALTER TABLE t ALTER COLUMN i TYPE VARCHAR");
  Run("INSERT INTO t VALUES ('x')");
  EXPECT_EQ(Rows("SELECT typeof(i) FROM t"), "VARCHAR\nVARCHAR");
  Open(", SNAPSHOT " + then);
  EXPECT_EQ(Rows("SELECT typeof(i), i + 1 FROM t"), "INTEGER|2");
}

TEST_F(PastNames, NameThatWasGivenAgainMeansTheOldTable) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  const auto first = Newest("t");
  Run("DROP TABLE t");
  Run("CREATE TABLE t (name VARCHAR)");
  Run("INSERT INTO t VALUES ('second')");
  const auto second = Newest("t");
  Run("CREATE OR REPLACE TABLE t AS SELECT 3.5 AS third");
  EXPECT_EQ(Rows("FROM t"), "3.5");
  Open(", SNAPSHOT " + first);
  EXPECT_EQ(Rows("SELECT i FROM t"), "1");
  Open(", SNAPSHOT " + second);
  EXPECT_EQ(Rows("SELECT name FROM t"), "second");
}

TEST_F(PastNames, DroppedSchemaIsThere) {
  Run("CREATE SCHEMA s");
  Run("CREATE TABLE s.t (i INTEGER)");
  Run("INSERT INTO s.t VALUES (5)");
  const auto then = Newest("s.t");
  Run("DROP SCHEMA s CASCADE");
  EXPECT_THAT(ErrorOf("SELECT * FROM s.t"), HasSubstr("does not exist"));
  Open(", SNAPSHOT " + then);
  EXPECT_EQ(Rows("SELECT * FROM s.t"), "5");
  EXPECT_EQ(Rows("SELECT schema_name FROM information_schema.schemata WHERE catalog_name = 'my' "
                 "ORDER BY 1"),
            "main\ns");
}

TEST_F(PastNames, ViewIsWhatItWas) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("CREATE VIEW v AS SELECT i + 1 AS x FROM t");
  Run("INSERT INTO t VALUES (1)");
  const auto then = Newest("t");
  Run("CREATE OR REPLACE VIEW v AS SELECT i + 100 AS y FROM t");
  Run("CREATE VIEW later AS SELECT 1");
  Open(", SNAPSHOT " + then);
  EXPECT_EQ(Rows("SELECT x FROM v"), "2");
  EXPECT_THAT(ErrorOf("SELECT * FROM later"), HasSubstr("does not exist"));
}

TEST_F(PastNames, ATimeIsAsGoodAsANumber) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  const auto then = Rows("SELECT max(committed_at)::VARCHAR FROM icefall_snapshots('t')");
  Run("DROP TABLE t");
  Run("CREATE TABLE t (i INTEGER)");
  Open(", SNAPSHOT_TIME '" + then + "'");
  EXPECT_EQ(Rows("SELECT i FROM t"), "1");
  EXPECT_EQ(Rows("SELECT count(*) FROM icefall_snapshots('t')"), "2");
}

TEST_F(PastNames, PointsThatNeverWereAreRefusedByAttach) {
  Run("CREATE TABLE t (i INTEGER)");
  const auto attach = [&](const std::string& option) {
    return ErrorOf("ATTACH '" + path() + "' AS past (TYPE icefall, " + option + ")");
  };
  EXPECT_THAT(attach("SNAPSHOT 999"), HasSubstr("snapshot 999 not found, the newest"));
  EXPECT_THAT(attach("SNAPSHOT 0"), HasSubstr("snapshot 0 not found"));
  EXPECT_THAT(attach("SNAPSHOT_TIME '1999-01-01'"), HasSubstr("snapshot 1999-01-01"));
}

TEST_F(TimeTravel, TimesWithoutAZoneAreUtc) {
  EXPECT_EQ(ParseTime(duckdb::Value("1970-01-01 00:00:01")), 1'000'000);
  EXPECT_EQ(ParseTime(duckdb::Value("1970-01-01 01:00:00+01")), 0);
  EXPECT_EQ(ParseTime(duckdb::Value::TIMESTAMP(duckdb::timestamp_t(5))), 5);
  EXPECT_THROW(ParseTime(duckdb::Value("soon")), duckdb::InvalidInputException);
  EXPECT_THROW(ParseTime(duckdb::Value()), duckdb::InvalidInputException);
}

}  // namespace
}  // namespace icefall
