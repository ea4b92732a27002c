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

TEST_F(TimeTravel, TimesWithoutAZoneAreUtc) {
  EXPECT_EQ(ParseTime(duckdb::Value("1970-01-01 00:00:01")), 1'000'000);
  EXPECT_EQ(ParseTime(duckdb::Value("1970-01-01 01:00:00+01")), 0);
  EXPECT_EQ(ParseTime(duckdb::Value::TIMESTAMP(duckdb::timestamp_t(5))), 5);
  EXPECT_THROW(ParseTime(duckdb::Value("soon")), duckdb::InvalidInputException);
  EXPECT_THROW(ParseTime(duckdb::Value()), duckdb::InvalidInputException);
}

}  // namespace
}  // namespace icefall
