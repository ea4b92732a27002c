// CALL icefall_optimize: the same rows, clustered.
#include "sql/sql_fixture.h"

namespace icefall {
namespace {

class OptimizeTest : public SqlFixture {
 protected:
  void SetUp() override {
    Open(", INLINE_ROW_LIMIT 0");
    Run("CREATE TABLE t AS SELECT (i * 7919) % 100003 AS a, ((i * 104729) % 1009)::SMALLINT AS b, "
        "i AS c "
        "FROM range(100000) r(i)");
    Run("INSERT INTO t SELECT NULL, i, -i FROM range(1, 11) r(i)");
    Run("DELETE FROM t WHERE c % 10 = 3");
  }
  std::string Sum() {
    return Rows(
        "SELECT count(*), sum(a), sum(b), sum(c), sum(rowid), sum(snapshot_sequence), "
        "bit_xor(hash(a, b, c, rowid)) FROM t");
  }
  // Rows that stand before one that belongs before them.
  std::string Disorder(const std::string& key) {
    return Rows(
        "SELECT count(*) FROM (SELECT k, lag(k) OVER (ORDER BY file_index, "
        "file_row_number) AS before FROM (SELECT create_sort_key(" +
        key +
        ") AS k, "
        "file_index, file_row_number FROM t)) WHERE before > k");
  }
};

TEST_F(OptimizeTest, SortsTheWholeTable) {
  const std::string before = Sum();
  EXPECT_NE(Disorder("a, 'ASC NULLS LAST'"), "0");
  Run("CALL icefall_optimize('t', sort := 'a')");
  EXPECT_EQ(Disorder("a, 'ASC NULLS LAST'"), "0");
  EXPECT_EQ(Sum(), before);
  Run("CALL icefall_optimize('t', sort := 'b DESC, a + 1')");
  EXPECT_EQ(Disorder("b, 'DESC NULLS LAST'"), "0");
  EXPECT_EQ(Sum(), before);
  EXPECT_EQ(Rows("SELECT operation FROM icefall_snapshots('t') ORDER BY sequence DESC LIMIT 1"),
            "optimize");
}

TEST_F(OptimizeTest, SortsWithinPartitions) {
  Run("CREATE TABLE p (a INTEGER, g INTEGER) PARTITIONED BY (g)");
  Run("INSERT INTO p SELECT (i * 7919) % 10007, i % 3 FROM range(10000) r(i)");
  Run("INSERT INTO p SELECT (i * 7919) % 10007, i % 3 FROM range(10000) r(i)");
  Run("CALL icefall_optimize('p', sort := 'a')");
  EXPECT_EQ(Rows("SELECT count(*) FROM icefall_fragments('p')"), "3");
  EXPECT_EQ(Rows("SELECT count(*) FROM (SELECT a, lag(a) OVER (PARTITION BY file_index ORDER BY "
                 "file_row_number) AS before FROM p) WHERE before > a"),
            "0");
}

TEST_F(OptimizeTest, TakesTheOrderOfTheTable) {
  Run("ALTER TABLE t SET SORTED BY (b)");
  Run("CALL icefall_optimize('t')");
  EXPECT_EQ(Disorder("b, 'ASC NULLS LAST'"), "0");
}

TEST_F(OptimizeTest, SpillsWhatDoesNotFit) {
  // 2,000,000 rows of 32 bytes, and their sort keys.
  Run("CREATE TABLE w AS SELECT hash(i) AS k, i AS v FROM range(2000000) r(i)");
  const std::string before = Rows("SELECT count(*), bit_xor(hash(k, v, rowid)) FROM w");
  Run("SET temp_directory = '" + path() + "-spill'");
  Run("SET memory_limit = '80MB'");
  Run("CALL icefall_optimize('w', sort := 'k')");
  Run("RESET memory_limit");
  EXPECT_EQ(Rows("SELECT count(*), bit_xor(hash(k, v, rowid)) FROM w"), before);
  EXPECT_EQ(Rows("SELECT count(*) FROM (SELECT k, lag(k) OVER (ORDER BY file_index, "
                 "file_row_number) AS before FROM w) WHERE before > k"),
            "0");
  Close();
  std::filesystem::remove_all(path() + "-spill");
}

TEST_F(OptimizeTest, ClustersByAZCurve) {
  const std::string before = Sum();
  Run("CALL icefall_optimize('t', z_order := 'a, b')");
  EXPECT_EQ(Sum(), before);
  // A thousandth of the table in a row covers a small part of the range of both columns.
  const std::string spread = Rows(
      "SELECT avg(da) < 20000 AND avg(db) < 200 FROM (SELECT max(a) - min(a) AS da, "
      "max(b) - min(b) AS db FROM (SELECT a, b, row_number() OVER (ORDER BY file_index, "
      "file_row_number) // 100 AS part FROM t WHERE a IS NOT NULL) GROUP BY part)");
  EXPECT_EQ(spread, "true");
}

TEST_F(OptimizeTest, CompressesDensely) {
  Run("CALL icefall_optimize('t', sort := 'a')");
  const std::string file = Rows("SELECT path FROM icefall_fragments('t')");
  EXPECT_EQ(
      Rows("SELECT DISTINCT compression FROM parquet_metadata('" + path() + "/t/" + file + "')"),
      "ZSTD");
}

TEST_F(OptimizeTest, DeletesWhatIsNotRetainedWhenAsked) {
  EXPECT_EQ(Rows("SELECT deleted_files, retained_snapshots FROM icefall_optimize('t')"), "0|NULL");
  EXPECT_EQ(Rows("SELECT deleted_files, retained_snapshots FROM icefall_optimize('t', "
                 "retain_snapshots := 1, sort := 'a')"),
            "4|[5]");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "90010");
}

TEST_F(OptimizeTest, NamesWhatItDoesNotUnderstand) {
  EXPECT_NE(ErrorOf("CALL icefall_optimize('t', sort := 'nothing')").find("nothing"),
            std::string::npos);
  EXPECT_NE(ErrorOf("CALL icefall_optimize('t', z_order := 'a, nothing')").find("nothing"),
            std::string::npos);
  EXPECT_NE(ErrorOf("CALL icefall_optimize('t', sort := 'a', z_order := 'a')").find("both"),
            std::string::npos);
  EXPECT_EQ(Rows("SELECT max(sequence) FROM icefall_snapshots('t')"), "3");
}

}  // namespace
}  // namespace icefall
