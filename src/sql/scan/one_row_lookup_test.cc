// Statements about one row look at what can have it, and at nothing else.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OneRowLookupTest : public WriteFixture {
 protected:
  OneRowLookupTest() { Attach(", INLINE_ROW_LIMIT 0"); }

  void Attach(const std::string& options) {
    Ours("USE memory");
    Ours("DETACH lake");
    Ours("ATTACH '" + folder_.string() + "' AS lake (TYPE icefall" + options + ")");
    Ours("USE lake");
  }

  // 20 files of 100 keys each, one behind the other.
  void Load() {
    Both("CREATE TABLE t(i BIGINT PRIMARY KEY, s VARCHAR)");
    for (int file = 0; file < 20; ++file) {
      Both("INSERT INTO t SELECT i, 'x' || i FROM range(" + std::to_string(file * 100) + ", " +
           std::to_string(file * 100 + 100) + ") r(i)");
    }
  }

  // What the lookups that follow will need is made again by them, and shows.
  void ForgetIndexes() {
    for (const auto& path : IndexFiles()) std::filesystem::remove(path);
    Attach("");
  }
  std::vector<std::filesystem::path> IndexFiles() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.path().extension() == ".idx") files.push_back(entry.path());
    }
    return files;
  }
};

TEST_F(OneRowLookupTest, OpensTheIndexOfTheFileThatCanHaveTheKey) {
  Load();
  ForgetIndexes();
  Both("INSERT INTO t VALUES (5000, 'new')");
  Both("INSERT INTO t VALUES (-1, 'new')");
  EXPECT_THAT(IndexFiles(), IsEmpty());
  BothFail("INSERT INTO t VALUES (750, 'again')", "duplicate key '750'");
  EXPECT_EQ(IndexFiles().size(), 1U);
  Both("SELECT * FROM t WHERE i = 751");
  Both("UPDATE t SET s = 'y' WHERE i = 752");
  Both("DELETE FROM t WHERE i = 753");
  Both("INSERT INTO t VALUES (754, 'z') ON CONFLICT (i) DO UPDATE SET s = excluded.s");
  EXPECT_EQ(IndexFiles().size(), 1U);
  Both("SELECT * FROM t WHERE i IN (3, 5, 1999)");
  EXPECT_EQ(IndexFiles().size(), 3U);
  ExpectSame("t");
}

TEST_F(OneRowLookupTest, FollowsFilesThatComeAndGo) {
  Load();
  ForgetIndexes();
  Both("BEGIN");
  Both("INSERT INTO t SELECT i, 'mine' FROM range(3000, 8000) r(i)");
  BothFail("INSERT INTO t VALUES (7000, 'again')", "duplicate key '7000'");
  Both("ROLLBACK");
  Both("INSERT INTO t VALUES (7000, 'now')");
  Both("DELETE FROM t WHERE i BETWEEN 200 AND 399");
  Both("INSERT INTO t VALUES (250, 'free')");
  Both("INSERT INTO t SELECT i, 'low' FROM range(-5000, -10) r(i)");
  BothFail("INSERT INTO t VALUES (-300, 'again')", "duplicate key '-300'");
  for (const int i : {-300, 199, 200, 250, 399, 400, 7000}) {
    Both("SELECT * FROM t WHERE i = " + std::to_string(i));
  }
  ExpectSame("t");
}

TEST_F(OneRowLookupTest, KeysOfManyKindsOverManyFiles) {
  const std::pair<const char*, const char*> columns[] = {
      {"DOUBLE", "CASE i WHEN 7 THEN 'nan' WHEN 8 THEN 'inf' ELSE (i - 500) / 7.0 END"},
      {"VARCHAR", "repeat('long key ', (i % 130)::INTEGER) || chr(97 + (i % 26)::INTEGER) || i"},
      {"BLOB", "(repeat('\\xFF', (i % 5)::INTEGER) || i)::BLOB"},
      {"HUGEINT", "(i - 500)::HUGEINT * 10000000000000000000000"},
      {"DECIMAL(12, 3)", "(i - 500) / 8.0"},
  };
  int number = 0;
  for (const auto& [type, value] : columns) {
    const auto table = "t" + std::to_string(number++);
    const std::string of_values = std::string(" SELECT ") + value + ", i % 3, i FROM range(";
    Both("CREATE TABLE " + table + "(k " + type + ", j INTEGER, n INTEGER, UNIQUE (k, j))");
    for (int file = 0; file < 10; ++file) {
      Both("INSERT INTO " + table + of_values + std::to_string(file * 100) + ", " +
           std::to_string(file * 100 + 100) + ") r(i)");
    }
    Both("INSERT INTO " + table + " VALUES (NULL, 1, 0), (NULL, 1, 0)");
    for (int i = 0; i < 1000; i += 111) {
      const auto one = std::to_string(i) + ", " + std::to_string(i + 1) + ") r(i)";
      BothFail("INSERT INTO " + table + of_values + one, "duplicate key");
      const auto key = "(SELECT " + std::string(value) + " FROM range(" + one + ")";
      Both("SELECT n FROM " + table + " WHERE k = " + key);
    }
    ExpectSame(table);
  }
}

TEST_F(OneRowLookupTest, InlineRowsAreFoundByTheirKeys) {
  Attach("");
  Both("CREATE TABLE t(i BIGINT PRIMARY KEY, s VARCHAR)");
  Both("INSERT INTO t SELECT i, 'file' FROM range(5000) r(i)");
  for (int i = 0; i < 300; ++i) {
    Both("INSERT INTO t VALUES (" + std::to_string(10'000 + i * 7) + ", 'a" + std::to_string(i) +
         "')");
  }
  Both("ALTER TABLE t ADD COLUMN n INTEGER DEFAULT 4");
  for (int i = 0; i < 20; ++i) {
    Both("INSERT INTO t VALUES (" + std::to_string(10'001 + i * 7) + ", 'b', 5)");
  }
  Both("DELETE FROM t WHERE i = 10070");
  Both("UPDATE t SET s = 'moved' WHERE i = 10077");
  for (const int i : {1, 9999, 10'000, 10'001, 10'003, 10'070, 10'077, 10'084, 12'093}) {
    Both("SELECT * FROM t WHERE i = " + std::to_string(i));
  }
  Both("SELECT * FROM t WHERE i BETWEEN 10000 AND 10050");
  Both("SELECT count(*), min(s) FROM t WHERE i > 4990");
  Both("SELECT * FROM t WHERE i IN (10000, 10001, 4999, 77)");
  EXPECT_THAT(Ours("EXPLAIN SELECT * FROM t WHERE i = 10077"), HasSubstr("t_pkey"));
  ExpectSame("t");
}

TEST_F(OneRowLookupTest, StatisticsOfWholeTablesFollowTheirFiles) {
  Load();
  const auto bounds = [&] {
    Both("SELECT min(i), max(i), min(s), max(s), count(*) FROM t");
    Both("SELECT count(*) FROM t a JOIN t b ON a.i = b.i WHERE a.s <> 'x3'");
    Both("SELECT count(*) FROM t WHERE i > 100000 OR s > 'y'");
  };
  bounds();
  Both("INSERT INTO t SELECT i, 'zz' FROM range(200000, 200100) r(i)");
  bounds();
  Both("DELETE FROM t WHERE i < 150");
  bounds();
  Both("DELETE FROM t WHERE i >= 200000");
  bounds();
  Both("BEGIN");
  Both("INSERT INTO t SELECT i, NULL FROM range(-100, 0) r(i)");
  bounds();
  Both("ROLLBACK");
  bounds();
  Both("DELETE FROM t");
  bounds();
}

}  // namespace
}  // namespace icefall
