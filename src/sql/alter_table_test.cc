#include <string>

#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using testing::HasSubstr;

// Every case runs with rows in data files and with rows inline: columns of both are mapped by id.
class AlterTableSql : public SqlFixture, public testing::WithParamInterface<int> {
 protected:
  AlterTableSql() { Open(", INLINE_ROW_LIMIT " + std::to_string(GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(FilesAndInline, AlterTableSql, testing::Values(0, 100));

TEST_P(AlterTableSql, AddedColumnsReadAsTheirDefault) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t VALUES (1)");
  Run("ALTER TABLE t ADD COLUMN a VARCHAR DEFAULT 'x' || 'y'");
  Run("ALTER TABLE t ADD COLUMN IF NOT EXISTS a INTEGER");
  Run("ALTER TABLE t ADD COLUMN b INTEGER");
  Run("ALTER TABLE t ALTER a SET DEFAULT 'z'");
  Run("INSERT INTO t (i) VALUES (2)");
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY i"), "1|xy|NULL\n2|z|NULL");
  EXPECT_EQ(Rows("SELECT i FROM t WHERE a = 'xy'"), "1");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE b IS NULL"), "2");
  EXPECT_EQ(Rows("SELECT * FROM t AT (VERSION => 2)"), "1");
  EXPECT_THAT(ErrorOf("ALTER TABLE t ADD COLUMN a INTEGER"), HasSubstr("already has a column"));
}

TEST_P(AlterTableSql, RenamedAndDroppedColumnsGoById) {
  Run("CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER CHECK (c < 100), "
      "g INTEGER GENERATED ALWAYS AS (c + 1))");
  Run("INSERT INTO t VALUES (1, 2, 3)");
  Run("ALTER TABLE t DROP COLUMN a");
  Run("ALTER TABLE t RENAME COLUMN b TO a");
  Run("ALTER TABLE t RENAME COLUMN c TO d");
  EXPECT_EQ(Rows("SELECT a, d, g FROM t"), "2|3|4");
  EXPECT_THAT(ErrorOf("INSERT INTO t VALUES (1, 100)"), HasSubstr("Constraint Error"));
  EXPECT_THAT(ErrorOf("ALTER TABLE t RENAME COLUMN a TO d"), HasSubstr("already has a column"));
  EXPECT_THAT(ErrorOf("ALTER TABLE t DROP COLUMN d"),
              HasSubstr("column is a dependency of 1 or more generated column"));
  EXPECT_THAT(ErrorOf("ALTER TABLE t DROP COLUMN q"), HasSubstr("does not have a column"));
  Run("ALTER TABLE t DROP COLUMN IF EXISTS q");
  Run("ALTER TABLE t RENAME TO u");
  EXPECT_EQ(Rows("SELECT a FROM u"), "2");
}

TEST_P(AlterTableSql, NestedFieldsGoById) {
  Run("CREATE TABLE t (k INTEGER, s STRUCT(a INTEGER, b VARCHAR), l STRUCT(q INTEGER)[], "
      "m MAP(VARCHAR, STRUCT(z INTEGER)))");
  Run("INSERT INTO t VALUES (1, {'a': 1, 'b': 'x'}, [{'q': 1}, NULL], MAP {'k': {'z': 1}})");
  Run("ALTER TABLE t ADD COLUMN s.c INTEGER DEFAULT 7");
  Run("ALTER TABLE t RENAME COLUMN s.a TO aa");
  Run("ALTER TABLE t DROP COLUMN s.b");
  Run("ALTER TABLE t ADD COLUMN l.element.w VARCHAR");
  Run("ALTER TABLE t RENAME COLUMN m.value.z TO zz");
  EXPECT_EQ(Rows("SELECT s, l, m FROM t"),
            "{'aa': 1, 'c': 7}|[{'q': 1, 'w': NULL}, NULL]|{k={'zz': 1}}");
  Run("INSERT INTO t VALUES (2, {'aa': 3, 'c': 4}, [{'q': 5, 'w': 'W'}], MAP {'k': {'zz': 6}})");
  EXPECT_EQ(Rows("SELECT k, s.aa, s.c, l[1].w, m['k'].zz FROM t ORDER BY k"),
            "1|1|7|NULL|1\n2|3|4|W|6");
  EXPECT_EQ(Rows("SELECT k FROM t WHERE s.aa = 3"), "2");
  EXPECT_EQ(Rows("SELECT k FROM t WHERE s.c = 7"), "1");
  EXPECT_THAT(ErrorOf("ALTER TABLE t DROP COLUMN l.element.nope"), HasSubstr("it does not exist"));
}

TEST_P(AlterTableSql, WideningKeepsTheRowsWhereTheyAre) {
  Run("CREATE TABLE t (i INTEGER, f FLOAT, d DECIMAL(4,1))");
  Run("INSERT INTO t VALUES (1, 0.5, 999.9), (NULL, 'nan', NULL)");
  Run("ALTER TABLE t ALTER i TYPE BIGINT");
  Run("ALTER TABLE t ALTER f TYPE DOUBLE");
  Run("ALTER TABLE t ALTER d TYPE DECIMAL(9,1)");
  Run("INSERT INTO t VALUES (5000000000, 1e300, 99999999.9)");
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY i"),
            "1|0.5|999.9\n5000000000|1e+300|99999999.9\nNULL|nan|NULL");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE i >= 1"), "2");
  EXPECT_EQ(Rows("SELECT typeof(i) FROM t AT (VERSION => 2) LIMIT 1"), "INTEGER");
}

TEST_P(AlterTableSql, OtherTypeChangesWriteTheRowsAnew) {
  Run("CREATE TABLE t (i INTEGER, s VARCHAR)");
  Run("INSERT INTO t VALUES (1, '10'), (2, '20')");
  Run("INSERT INTO t VALUES (3, NULL)");
  Run("DELETE FROM t WHERE i = 1");
  const auto ids = Rows("SELECT rowid FROM t ORDER BY i");
  Run("ALTER TABLE t ALTER s TYPE INTEGER");
  EXPECT_EQ(Rows("SELECT i, s, typeof(s) FROM t ORDER BY i"), "2|20|INTEGER\n3|NULL|INTEGER");
  EXPECT_EQ(Rows("SELECT rowid FROM t ORDER BY i"), ids);
  Run("ALTER TABLE t ALTER i TYPE VARCHAR USING 'n' || (i + s)");
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY i"), "n22|20\nNULL|NULL");
  EXPECT_THAT(ErrorOf("ALTER TABLE t ALTER i TYPE INTEGER"), HasSubstr("Conversion Error"));
  EXPECT_EQ(Rows("SELECT typeof(i) FROM t LIMIT 1"), "VARCHAR");
  EXPECT_EQ(Rows("SELECT s FROM t AT (VERSION => 3) WHERE i = 1"), "10");
}

TEST_P(AlterTableSql, NotNullIsCheckedAgainstTheRows) {
  Run("CREATE TABLE t (i INTEGER, n INTEGER)");
  Run("INSERT INTO t VALUES (1, NULL), (2, 2)");
  Run("ALTER TABLE t ALTER i SET NOT NULL");
  EXPECT_THAT(ErrorOf("ALTER TABLE t ALTER n SET NOT NULL"), HasSubstr("NOT NULL constraint"));
  Run("DELETE FROM t WHERE n IS NULL");
  Run("ALTER TABLE t ALTER n SET NOT NULL");
  EXPECT_THAT(ErrorOf("INSERT INTO t VALUES (3, NULL)"), HasSubstr("Constraint Error"));
  Run("ALTER TABLE t ALTER n DROP NOT NULL");
  Run("INSERT INTO t VALUES (3, NULL)");
}

TEST_P(AlterTableSql, LayoutIsKeptWithTheTable) {
  Run("CREATE TABLE t (i INTEGER, d DATE) PARTITIONED BY (year(d), bucket(4, i))");
  Run("INSERT INTO t VALUES (1, '2020-01-01'), (2, '2021-01-01')");
  EXPECT_THAT(ErrorOf("ALTER TABLE t DROP COLUMN d"), HasSubstr("which partitions the table"));
  Run("ALTER TABLE t SET PARTITIONED BY (i)");
  Run("ALTER TABLE t DROP COLUMN d");
  Run("INSERT INTO t VALUES (3), (5)");
  EXPECT_EQ(Rows("SELECT count(DISTINCT partition_values) FROM icefall_fragments('t')"),
            GetParam() == 0 ? "4" : "0");
  Run("ALTER TABLE t RESET PARTITIONED BY");
  Run("ALTER TABLE t SET SORTED BY (i DESC)");
  Run("TRUNCATE t");
  Run("INSERT INTO t VALUES (2), (NULL), (1), (3)");
  EXPECT_EQ(Rows("SELECT i FROM t ORDER BY rowid"), "3\n2\n1\nNULL");
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET SORTED BY (q)"), HasSubstr("no column \"q\""));
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET PARTITIONED BY (q)"), HasSubstr("no column \"q\""));
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET PARTITIONED BY (bucket(0, i))"), HasSubstr("bucket(n"));
  Run("ALTER TABLE t RESET SORTED BY");
  Run("TRUNCATE t");
  Run("INSERT INTO t VALUES (2), (1), (3)");
  EXPECT_EQ(Rows("SELECT i FROM t ORDER BY rowid"), "2\n1\n3");
}

TEST_P(AlterTableSql, OptionsAreSetAndReset) {
  Run("CREATE TABLE t (i BIGINT) WITH (parquet_compression = 'zstd')");
  const auto compression = [&] {
    Run("INSERT INTO t FROM range(1000)");
    const auto file = Rows("SELECT max_by(path, fragment_id) FROM icefall_fragments('t')");
    return Rows("SELECT DISTINCT compression FROM parquet_metadata('" + path() + "/t/" + file +
                "')");
  };
  EXPECT_EQ(compression(), "ZSTD");
  Run("ALTER TABLE t SET (parquet_compression = 'GZIP', \"team.owner\" = 'me')");
  EXPECT_EQ(compression(), "GZIP");
  Run("ALTER TABLE t RESET (parquet_compression)");
  EXPECT_EQ(compression(), "SNAPPY");
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET (parquet_compression = 'best')"),
              HasSubstr("expected one of uncompressed, snappy, gzip"));
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET (target_file_size_bytes = '1 MB')"),
              HasSubstr("expected a positive number of bytes, found '1 MB'"));
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET (compression = 'zstd')"),
              HasSubstr("there is no table option \"compression\""));
  EXPECT_THAT(ErrorOf("CREATE TABLE u (i BIGINT) WITH (colour = 'red')"),
              HasSubstr("there is no table option \"colour\""));
}

}  // namespace
}  // namespace icefall
