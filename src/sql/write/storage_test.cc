// Where rows go: the commit line, files, partitions; row ids, statistics and large statements.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

class StorageTest : public WriteFixture {
 protected:
  size_t FileCount(const std::string& table) const {
    size_t count = 0;
    const auto folder = folder_ / table / "data";
    if (!std::filesystem::exists(folder)) return 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      count += entry.is_regular_file();
    }
    return count;
  }
};

TEST_F(StorageTest, FewRowsMakeNoFile) {
  Ours("CREATE TABLE t(i INTEGER, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, 'x' FROM range(100) r(i)");
  EXPECT_EQ(FileCount("t"), 0);
  Ours("INSERT INTO t SELECT i, 'x' FROM range(101) r(i)");
  EXPECT_EQ(FileCount("t"), 1);
  Ours("INSERT INTO t VALUES (1, repeat('long ', 20000))");
  EXPECT_EQ(FileCount("t"), 2);
}

TEST_F(StorageTest, InlineRowsAreFlushedWhenTheyAreMany) {
  Both("CREATE TABLE t(i INTEGER, s VARCHAR)");
  for (int i = 0; i < 12; ++i) {
    Both("INSERT INTO t SELECT i, repeat('y', 600) FROM range(" + std::to_string(i * 100) + ", " +
         std::to_string(i * 100 + 100) + ") r(i)");
    if (i == 5) Both("DELETE FROM t WHERE i % 10 = 0");
  }
  EXPECT_EQ(FileCount("t"), 0);
  const auto before = Ours("SELECT rowid, i FROM t");
  for (int i = 12; i < 30; ++i) {
    Both("INSERT INTO t SELECT i, repeat('y', 600) FROM range(" + std::to_string(i * 100) + ", " +
         std::to_string(i * 100 + 100) + ") r(i)");
  }
  EXPECT_GE(FileCount("t"), 1);
  EXPECT_EQ(Ours("SELECT rowid, i FROM t WHERE i < 1200"), before);
  ExpectSame("t");
}

TEST_F(StorageTest, RowIdsSurviveUpdates) {
  Ours("CREATE TABLE t(i INTEGER, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, 'x' FROM range(2000) r(i)");
  Ours("UPDATE t SET s = 'y' WHERE i % 2 = 0");
  Ours("UPDATE t SET s = 'z' WHERE i = 17");
  EXPECT_EQ(Ours("SELECT count(*) FROM t WHERE rowid = i"), "2000|\n");
  Ours("MERGE INTO t USING (VALUES (3)) v(a) ON i = a WHEN MATCHED THEN UPDATE SET s = 'm'");
  EXPECT_EQ(Ours("SELECT count(*) FROM t WHERE rowid = i"), "2000|\n");
}

TEST_F(StorageTest, RowIdsOfOneTransactionAreUnique) {
  Ours("CREATE TABLE t(i INTEGER, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, 'x' FROM range(10) r(i)");
  Ours("BEGIN");
  Ours("INSERT INTO t SELECT i, 'x' FROM range(10, 500) r(i)");
  Ours("UPDATE t SET s = 'y'");
  Ours("INSERT INTO t VALUES (500, 'z')");
  Ours("UPDATE t SET s = 'y'");
  auto other = Connect();
  MustRun(*other, "INSERT INTO lake.t SELECT -i, 'o' FROM range(1, 200) r(i)");
  Ours("COMMIT");
  EXPECT_EQ(Ours("SELECT count(*), count(DISTINCT rowid) FROM t"), "700|700|\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM t WHERE rowid = i AND i < 10 AND i >= 0"), "10|\n");
}

TEST_F(StorageTest, MillionRows) {
  Both(
      "CREATE TABLE t AS SELECT i, i % 1000 AS g, 'text ' || (i % 5000) AS s, i / 7 AS d FROM "
      "range(1000000) r(i)");
  EXPECT_EQ(
      Ours("SELECT count(*) FROM (SELECT i, row_number() OVER () - 1 AS n FROM t) WHERE i = n"),
      "1000000|\n");
  Both("DELETE FROM t WHERE i % 10 = 3");
  Both("UPDATE t SET s = upper(s), d = NULL WHERE g < 100");
  Both(
      "MERGE INTO t USING (SELECT range + 950000 AS k FROM range(100000)) v ON t.i = v.k WHEN "
      "MATCHED THEN UPDATE SET g = -1 WHEN NOT MATCHED THEN INSERT VALUES (k, 0, NULL, 1)");
  ExpectSame("t");
  Both("INSERT INTO t SELECT * FROM t");
  ExpectSame("t");
  Both("DELETE FROM t WHERE g >= 0");
  ExpectSame("t");
}

TEST_F(StorageTest, OrderIsKept) {
  Ours("CREATE TABLE source AS SELECT range AS i FROM range(700000)");
  Ours("CREATE TABLE t(i BIGINT)");
  Ours("INSERT INTO t SELECT * FROM source");
  EXPECT_EQ(
      Ours("SELECT count(*) FROM (SELECT i, row_number() OVER () - 1 AS n FROM t) WHERE i = n"),
      "700000|\n");
}

TEST_F(StorageTest, OrderIsKeptOverBatchesOfAnySizeAndOverFiles) {
  Ours("SET threads = 4");
  std::string sources;
  int64_t count = 0;
  for (const int group_size : {2'048, 92'160, 122'880, 130'000, 400'000}) {
    const auto file = (folder_ / (std::to_string(group_size) + ".parquet")).string();
    Ours("COPY (SELECT range AS i, md5(range::VARCHAR) AS s FROM range(" + std::to_string(count) +
         ", " + std::to_string(count + 500'000) + ")) TO '" + file + "' (FORMAT parquet, " +
         "ROW_GROUP_SIZE " + std::to_string(group_size) + ")");
    sources += (sources.empty() ? "'" : ", '") + file + "'";
    count += 500'000;
  }
  Ours("CREATE TABLE t(i BIGINT, s VARCHAR) WITH (target_file_size_bytes = 8000000)");
  Ours("INSERT INTO t SELECT * FROM read_parquet([" + sources + "])");
  EXPECT_GE(FileCount("t"), 2);
  EXPECT_EQ(Ours("SELECT count(*), count(*) FILTER (i = n AND s = md5(n::VARCHAR)) FROM "
                 "(SELECT i, s, row_number() OVER () - 1 AS n FROM t)"),
            "2500000|2500000|\n");
}

TEST_F(StorageTest, FilesGetNoMoreRowsThanTheLimit) {
  MustRun(*ours_, "USE memory");
  MustRun(*ours_, "DETACH lake");
  MustRun(*plain_, "ATTACH '" + folder_.string() +
                       "' AS lake (TYPE icefall, INLINE_ROW_LIMIT 0, FRAGMENT_ROW_LIMIT 1500)");
  MustRun(*ours_, "USE lake");
  Both("CREATE TABLE t(i BIGINT, s VARCHAR)");
  Both("INSERT INTO t SELECT i, md5(i::VARCHAR) FROM range(4000) r(i)");
  EXPECT_EQ(Ours("SELECT max(row_count) <= 1500, count(*) >= 3 FROM icefall_fragments('t')"),
            "true|true|\n");
  Both("UPDATE t SET s = NULL WHERE i % 3 = 0");
  ExpectSame("t");
  // Through batches, which keep the order.
  Ours("CREATE TABLE source AS FROM range(300000) r(i)");
  Ours("CREATE TABLE ordered AS FROM source");
  EXPECT_EQ(Ours("SELECT max(row_count) FROM icefall_fragments('ordered')"), "1500|\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM (SELECT i, row_number() OVER () - 1 AS n FROM ordered) "
                 "WHERE i = n"),
            "300000|\n");
}

TEST_F(StorageTest, FilesGetAsManyRowsAsTheLimit) {
  MustRun(*ours_, "USE memory");
  MustRun(*ours_, "DETACH lake");
  MustRun(*plain_, "ATTACH '" + folder_.string() +
                       "' AS lake (TYPE icefall, INLINE_ROW_LIMIT 0, FRAGMENT_ROW_LIMIT 150000)");
  MustRun(*ours_, "USE lake; SET threads = 1");
  Both("CREATE TABLE t(i BIGINT, s VARCHAR)");
  Both("INSERT INTO t SELECT i, 'row ' || i FROM range(500000) r(i)");
  const char* counts = "SELECT row_count FROM icefall_fragments('t')";
  EXPECT_EQ(Ours(counts), "150000|\n150000|\n150000|\n50000|\n");
  ExpectSame("t");
  Ours("CREATE TABLE parts(i BIGINT, p BIGINT) PARTITIONED BY (p)");
  Ours("INSERT INTO parts SELECT i, i % 2 FROM range(400000) r(i)");
  EXPECT_EQ(Ours("SELECT row_count FROM icefall_fragments('parts')"),
            "150000|\n150000|\n50000|\n50000|\n");
}

TEST_F(StorageTest, SortedTablesAreWrittenInOrder) {
  Ours("CREATE TABLE t(i BIGINT, s VARCHAR) SORTED BY (s, i)");
  Ours("INSERT INTO t SELECT i, md5((i // 2)::VARCHAR) FROM range(300000) r(i)");
  EXPECT_EQ(Ours("SELECT count(*) FROM (SELECT s, i, lag(s) OVER () AS ps, lag(i) OVER () AS pi "
                 "FROM t) WHERE s < ps OR (s = ps AND i < pi)"),
            "0|\n");
}

TEST_F(StorageTest, StatisticsSayWhatIsThere) {
  Both(
      "CREATE TABLE t(b BOOLEAN, i INTEGER, s VARCHAR, bl BLOB, d DOUBLE, ts TIMESTAMPTZ, u UUID, "
      "de DECIMAL(30, 3))");
  Both(
      "INSERT INTO t SELECT i % 2 = 0, i - 50, 'é' || i, ('\\xFF' || chr((65 + i % "
      "20)::INT))::BLOB, "
      "i - 0.5, TIMESTAMPTZ '2024-01-01 00:00:00+00' + i * INTERVAL 1 SECOND, "
      "('00000000-0000-0000-0000-0000000' || (10000 + i))::UUID, i::DECIMAL(30, 3) - 7 FROM "
      "range(500) r(i)");
  for (const char* column : {"b", "i", "s", "bl", "d", "ts", "u", "de"}) {
    const std::string name = column;
    Both("SELECT min(" + name + "), max(" + name + "), count(" + name + ") FROM t");
  }
  Both("INSERT INTO t (s) VALUES (repeat('z', 300)), ('a' || repeat('ü', 300))");
  Both("INSERT INTO t (s) SELECT 'a' || repeat('ü', 300) FROM range(200)");
  Both("SELECT min(s), max(s) FROM t WHERE i IS NULL");
  Both("SELECT count(*) FROM t WHERE i = 30 OR s >= 'b'");
  ExpectSame("t");
}

TEST_F(StorageTest, FilesRollAtTheTargetSize) {
  Ours("CREATE TABLE t(i BIGINT, s VARCHAR) WITH (target_file_size_bytes = 1000000)");
  Ours("INSERT INTO t SELECT i, md5(i::VARCHAR) FROM range(600000) r(i)");
  EXPECT_GE(FileCount("t"), 3);
  EXPECT_EQ(Ours("SELECT count(*), sum(i) FROM t"), "600000|179999700000|\n");
}

TEST_F(StorageTest, RowGroupsOfLongValuesAreReadInLittleMemory) {
  MustRun(*plain_, "SET memory_limit = '250MB'");
  MustRun(*plain_, "SET threads = 2");
  const std::string rows = "SELECT i, i % 3 AS p, repeat(md5(i::VARCHAR), 64) AS s FROM range(";
  Ours("CREATE TABLE ordered(i BIGINT, p BIGINT, s VARCHAR)");
  Ours("CREATE TABLE parted(i BIGINT, p BIGINT, s VARCHAR) PARTITIONED BY (p)");
  for (const std::string table : {"ordered", "parted"}) {
    Ours("INSERT INTO " + table + " " + rows + "150000) r(i)");
    EXPECT_EQ(Ours("SELECT count(*), sum(i), sum(length(s)), count(DISTINCT md5(s)) FROM " + table),
              "150000|11249925000|307200000|150000|\n");
    const auto files = (folder_ / table / "data" / "**" / "*.parquet").string();
    EXPECT_EQ(MustRun(*plain_,
                      "SELECT sum(row_group_num_rows) = 150000, max(total_uncompressed_size) < "
                      "32000000 FROM parquet_metadata('" +
                          files + "') WHERE path_in_schema = 's'"),
              "true|true|\n");
  }
  Ours("UPDATE ordered SET p = p + 1 WHERE i % 3 = 0");
  Ours("CALL icefall_compact('ordered')");
  EXPECT_EQ(Ours("SELECT sum(p), sum(length(s)) FROM ordered"), "200000|307200000|\n");
}

TEST_F(StorageTest, RowGroupsOfShortValuesAreAsLongAsDuckdbs) {
  Ours("CREATE TABLE t AS SELECT i, i::VARCHAR AS s, [i] AS l FROM range(250000) r(i)");
  const auto files = (folder_ / "t" / "data" / "*.parquet").string();
  EXPECT_EQ(MustRun(*plain_, "SELECT DISTINCT row_group_num_rows FROM parquet_metadata('" + files +
                                 "') WHERE path_in_schema = 'i' AND row_group_id = 0"),
            "122880|\n");
}

TEST_F(StorageTest, RolledBackStatementsLeaveNoFiles) {
  Ours("CREATE TABLE t(i BIGINT)");
  Ours("BEGIN");
  Ours("INSERT INTO t SELECT * FROM range(1000)");
  EXPECT_EQ(FileCount("t"), 1);
  Ours("ROLLBACK");
  EXPECT_EQ(FileCount("t"), 0);
  EXPECT_TRUE(ours_
                  ->Query("INSERT INTO t SELECT CASE WHEN range = 199999 THEN error('stop') ELSE "
                          "range END FROM range(200000)")
                  ->HasError());
  EXPECT_EQ(FileCount("t"), 0);
}

TEST_F(StorageTest, UnfilteredDeleteKeepsNoFragments) {
  Ours("CREATE TABLE t AS SELECT range AS i FROM range(10000)");
  EXPECT_EQ(Ours("DELETE FROM t"), "10000|\n");
  EXPECT_EQ(Ours("SELECT count(DISTINCT file_index) FROM t"), "0|\n");
  Ours("INSERT INTO t SELECT * FROM range(200)");
  EXPECT_EQ(Ours("DELETE FROM t WHERE i >= 0"), "200|\n");
  Ours("INSERT INTO t VALUES (1)");
  EXPECT_EQ(Ours("TRUNCATE t"), "1|\n");
}

TEST_F(StorageTest, PreparedStatementsRunAgain) {
  Ours("CREATE TABLE t(i INTEGER, s VARCHAR)");
  auto insert = ours_->Prepare("INSERT INTO t VALUES ($1, $2)");
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(insert->Execute(i, "v")->HasError());
  auto update = ours_->Prepare("UPDATE t SET s = $1 WHERE i = $2");
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(update->Execute("new", i)->HasError());
  auto merge = ours_->Prepare(
      "MERGE INTO t USING (SELECT $1::INTEGER AS a) v ON i = a WHEN MATCHED THEN DELETE WHEN NOT "
      "MATCHED THEN INSERT VALUES (a, 'm')");
  for (const int i : {4, 9, 9, 10}) ASSERT_FALSE(merge->Execute(i)->HasError());
  EXPECT_EQ(Ours("SELECT i, s FROM t"), "0|'new'|\n10|'m'|\n1|'new'|\n2|'new'|\n3|'v'|\n");
}

}  // namespace
}  // namespace icefall
