// Rows that an index finds, read through decoded blocks: compared with a DuckDB table.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

class RowFetchTest : public WriteFixture {
 protected:
  // More rows than a block, so that positions lie in several.
  static constexpr auto kRows =
      "SELECT i AS i, CASE WHEN i % 7 > 0 THEN i * 3 END AS g, i / 8.0::DOUBLE AS v, "
      "CASE WHEN i % 11 > 0 THEN 'a text that is not short ' || (i % 5000) END AS s, "
      "(i / 100)::DECIMAL(12, 2) AS d, {'a': i % 10, 'b': [i, NULL, i + 1]} AS n, "
      "(i * 1000003)::HUGEINT * 10000000000 AS h FROM range(300000) r(i)";

  void Load() {
    Both(
        "CREATE TABLE t(i BIGINT PRIMARY KEY, g INTEGER, v DOUBLE, s VARCHAR, d DECIMAL(12, 2), "
        "n STRUCT(a INTEGER, b INTEGER[]), h HUGEINT)");
    Both(std::string("INSERT INTO t ") + kRows);
  }

  void ExpectSameRows() {
    for (const int i : {0, 1, 2047, 2048, 5000, 122'879, 122'880, 122'881, 250'000, 299'999}) {
      Both("SELECT * FROM t WHERE i = " + std::to_string(i));
      Both("SELECT s, n.b[1] FROM t WHERE v > 1 AND i = " + std::to_string(i));
    }
    Both("SELECT * FROM t WHERE i IN (3, 150000, 299000, 122880) ORDER BY i");
    Both("SELECT n.a, s, h FROM t WHERE i BETWEEN 122870 AND 122890 ORDER BY i");
    Both("SELECT * FROM t WHERE i = 300000");
  }

  std::vector<std::filesystem::path> DataFiles() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.path().extension() == ".parquet") files.push_back(entry.path());
    }
    return files;
  }
};

TEST_F(RowFetchTest, AnswersTheRowsOfEveryBlock) {
  Load();
  ExpectSameRows();
  // Again, from what was decoded.
  ExpectSameRows();
}

TEST_F(RowFetchTest, ChangesOfOneRowTakeTheOthersColumnsAlong) {
  Load();
  for (const int i : {5, 122'880, 299'999, 5}) {
    Both("UPDATE t SET v = v + 1 WHERE i = " + std::to_string(i));
    Both("INSERT INTO t (i, g) VALUES (" + std::to_string(i + (i < 1000 ? 1 : -1)) +
         ", 9) ON CONFLICT (i) DO UPDATE SET g = excluded.g");
  }
  Both("DELETE FROM t WHERE i = 2048");
  ExpectSameRows();
  ExpectSame("t");
}

TEST_F(RowFetchTest, TheNextRowOfABlockReadsNoFile) {
  Load();
  Both("SELECT * FROM t WHERE i = 1000");
  const auto files = DataFiles();
  ASSERT_EQ(files.size(), 1U);
  const auto away = files[0].string() + ".away";
  std::filesystem::rename(files[0], away);
  Both("SELECT * FROM t WHERE i = 2000");
  Both("SELECT s FROM t WHERE i = 100000");
  EXPECT_TRUE(ours_->Query("SELECT * FROM t WHERE i = 200000")->HasError());
  std::filesystem::rename(away, files[0]);
  Both("SELECT * FROM t WHERE i = 200000");
}

TEST_F(RowFetchTest, FollowsChangesOfTheSchema) {
  Load();
  ExpectSameRows();
  Both("ALTER TABLE t ADD COLUMN w INTEGER DEFAULT 42");
  ExpectSameRows();
  Both("ALTER TABLE t ALTER g TYPE VARCHAR");
  ExpectSameRows();
  Both("ALTER TABLE t DROP COLUMN v");
  Both("ALTER TABLE t ADD COLUMN v VARCHAR DEFAULT '7'");
  ExpectSameRows();
  // Both of the transactions would give the next schema the same id.
  Both("BEGIN");
  Both("ALTER TABLE t ADD COLUMN x INTEGER DEFAULT 1");
  ExpectSameRows();
  Both("ROLLBACK");
  Both("ALTER TABLE t ADD COLUMN x VARCHAR DEFAULT 'y'");
  ExpectSameRows();
}

TEST_F(RowFetchTest, KnowsRowIdsAndSequences) {
  Ours("CREATE TABLE t(i BIGINT PRIMARY KEY, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, 'x' || i FROM range(200000) r(i)");
  const std::string numbers = "SELECT rowid, snapshot_sequence, s FROM t WHERE i = ";
  EXPECT_EQ(Ours(numbers + "150000"), "150000|2|'x150000'|\n");
  // Rows that moved to a file which stores their ids.
  Ours("UPDATE t SET s = 'y' || i WHERE i % 2 = 0");
  EXPECT_EQ(Ours(numbers + "150000"), "150000|3|'y150000'|\n");
  EXPECT_EQ(Ours(numbers + "150001"), "150001|2|'x150001'|\n");
  EXPECT_EQ(Ours(numbers + "150000 AND rowid = 150000"), "150000|3|'y150000'|\n");
  EXPECT_EQ(Ours(numbers + "150000 AND rowid = 150001"), "");
  // A file of this transaction, whose numbers are not known until it has committed.
  Ours("BEGIN");
  Ours("INSERT INTO t SELECT i, 'z' || i FROM range(200000, 300000) r(i)");
  EXPECT_EQ(Ours("SELECT s FROM t WHERE i = 250000"), "'z250000'|\n");
  auto other = Connect();
  MustRun(*other, "USE lake");
  MustRun(*other, "INSERT INTO t VALUES (-1, 'other')");
  Ours("COMMIT");
  const auto by_scan = Ours("SELECT rowid, snapshot_sequence, s FROM t WHERE s = 'z250000'");
  EXPECT_EQ(Ours(numbers + "250000"), by_scan);
}

TEST_F(RowFetchTest, KeysThatCannotBeReadBack) {
  Both("CREATE TABLE t(k DOUBLE PRIMARY KEY, s VARCHAR)");
  Both("INSERT INTO t SELECT i / 4.0, 'x' || i FROM range(200000) r(i)");
  Both("SELECT count(*) FROM t WHERE k = 100.25");
  Both("SELECT k FROM t WHERE k = 100.25");
  Both("SELECT s FROM t WHERE k = 49999.75");
  Both("SELECT s, k, s FROM t WHERE k = 0");
}

}  // namespace
}  // namespace icefall
