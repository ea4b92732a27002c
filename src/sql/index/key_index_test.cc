// Keys over index files and inline rows: who may commit what, and that the files are only derived.
#include <fstream>
#include <iterator>

#include "index/index_file.h"
#include "index/index_file_writer.h"
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KeyIndexTest : public WriteFixture {
 protected:
  std::vector<std::filesystem::path> IndexFiles() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.path().extension() == ".idx") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  // Two transactions that both begin before either commits; answers the error of the second.
  std::string Race(const std::string& first, const std::string& second) {
    auto other = Connect();
    MustRun(*other, "USE lake");
    MustRun(*other, "BEGIN");
    Ours("BEGIN");
    // What they see is fixed by the first look.
    MustRun(*other, "SELECT count(*) FROM t");
    Ours("SELECT count(*) FROM t");
    MustRun(*other, first);
    Ours(second);
    MustRun(*other, "COMMIT");
    const auto result = ours_->Query("COMMIT");
    return result->HasError() ? result->GetError() : "";
  }
};

TEST_F(KeyIndexTest, InsertsOfDifferentKeysBothCommit) {
  Ours("CREATE TABLE t(i INTEGER PRIMARY KEY, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, 'x' FROM range(1000) r(i)");
  EXPECT_EQ(Race("INSERT INTO t VALUES (2000, 'a')", "INSERT INTO t VALUES (2001, 'b')"), "");
  EXPECT_EQ(Race("INSERT INTO t SELECT 5000 + i, 'x' FROM range(0, 1000, 2) r(i)",
                 "INSERT INTO t SELECT 5000 + i, 'x' FROM range(1, 1000, 2) r(i)"),
            "");
  EXPECT_EQ(Race("DELETE FROM t WHERE i = 3", "INSERT INTO t VALUES (2002, 'c')"), "");
  EXPECT_EQ(Race("UPDATE t SET i = 3000 WHERE i = 4", "UPDATE t SET i = 3001 WHERE i = 5"), "");
  EXPECT_EQ(Ours("SELECT count(*), count(DISTINCT i) FROM t"), "2002|2002|\n");
}

TEST_F(KeyIndexTest, TheSecondOfOneKeyIsRefusedByName) {
  Ours("CREATE TABLE t(i INTEGER PRIMARY KEY, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, 'x' FROM range(1000) r(i)");
  const std::string duplicate =
      "unique key violation on index 't_pkey' of table 't': duplicate key '";
  EXPECT_THAT(Race("INSERT INTO t VALUES (2000, 'a')", "INSERT INTO t VALUES (2000, 'b')"),
              HasSubstr(duplicate + "2000'"));
  EXPECT_THAT(Race("INSERT INTO t SELECT 5000 + i, 'x' FROM range(0, 1000, 2) r(i)",
                   "INSERT INTO t VALUES (5100, 'late')"),
              HasSubstr(duplicate + "5100'"));
  EXPECT_THAT(Race("INSERT INTO t VALUES (6500, 'early')",
                   "INSERT INTO t SELECT 6000 + i, 'x' FROM range(1000) r(i)"),
              HasSubstr(duplicate + "6500'"));
  EXPECT_THAT(Race("UPDATE t SET i = 7000 WHERE i = 4", "UPDATE t SET i = 7000 WHERE i = 5"),
              HasSubstr(duplicate + "7000'"));
  EXPECT_THAT(Race("INSERT INTO t VALUES (8000, 'a')",
                   "INSERT INTO t VALUES (8000, 'b') ON CONFLICT DO UPDATE SET s = 'c'"),
              HasSubstr(duplicate + "8000'"));
  EXPECT_EQ(Ours("SELECT count(*), count(DISTINCT i) FROM t"), "1503|1503|\n");
}

TEST_F(KeyIndexTest, WhatOthersDeletedAgainIsFree) {
  Ours("CREATE TABLE t(i INTEGER PRIMARY KEY)");
  Ours("INSERT INTO t SELECT i FROM range(1000) r(i)");
  auto other = Connect();
  MustRun(*other, "USE lake");
  Ours("BEGIN");
  Ours("INSERT INTO t VALUES (2000), (2500)");
  MustRun(*other, "INSERT INTO t VALUES (2000)");
  MustRun(*other, "DELETE FROM t WHERE i = 2000");
  MustRun(*other, "INSERT INTO t SELECT 2001 + i FROM range(1000) r(i)");
  MustRun(*other, "DELETE FROM t WHERE i = 2500");
  Ours("COMMIT");
  EXPECT_EQ(Ours("SELECT count(*), count(DISTINCT i) FROM t"), "2001|2001|\n");
}

TEST_F(KeyIndexTest, KeysOfEveryType) {
  const std::pair<const char*, const char*> columns[] = {
      {"BOOLEAN", "i = 1"},
      {"TINYINT", "i - 100"},
      {"UBIGINT", "i * 10000000000"},
      {"HUGEINT", "(i - 50)::HUGEINT * 10000000000000000000000"},
      {"DECIMAL(12, 3)", "(i - 50) / 8.0"},
      {"DOUBLE", "CASE i WHEN 0 THEN 'nan' WHEN 1 THEN '-inf' ELSE (i - 50) / 7.0 END"},
      {"VARCHAR", "repeat('long key ', i) || chr(97 + (i % 26)::INTEGER) || i"},
      {"BLOB", "('\\x00\\xFF' || repeat('\\x00', i))::BLOB"},
      {"DATE", "DATE '1960-01-01' + i::INTEGER * 100"},
      {"TIMESTAMP", "TIMESTAMP '1960-01-01' + INTERVAL (i) HOUR"},
      {"TIMETZ", "('10:00:' || lpad((i % 60)::VARCHAR, 2, '0') || '+0' || i // 60)::TIMETZ"},
      {"INTERVAL", "INTERVAL (i * 40) HOUR"},
      {"UUID", "('00000000-0000-0000-0000-' || lpad(i::VARCHAR, 12, '0'))::UUID"},
      {"BIT", "('1' || repeat('0', i))::BIT"},
      {"INTEGER[]", "range(i)"},
      {"STRUCT(a INTEGER, b VARCHAR)", "{'a': i % 10, 'b': i::VARCHAR}"},
  };
  int number = 0;
  for (const auto& [type, value] : columns) {
    const std::string table = "t" + std::to_string(number++);
    const int count = std::string(type) == "BOOLEAN" ? 2 : 100;
    Ours("CREATE TABLE " + table + "(k " + type + " UNIQUE)");
    const auto rows = [&](int begin, int end) {
      return "INSERT INTO " + table + " SELECT " + value + " FROM range(" + std::to_string(begin) +
             ", " + std::to_string(end) + ") r(i)";
    };
    // From a file, from inline rows, and twice in one statement.
    Ours(rows(0, count / 2));
    Ours("INSERT INTO " + table + " SELECT NULL FROM range(200)");
    Ours(rows(count / 2, count));
    for (const int i : {0, count / 2 - 1, count / 2, count - 1}) {
      const auto again = ours_->Query(rows(i, i + 1));
      ASSERT_TRUE(again->HasError()) << type << " " << i;
      EXPECT_THAT(again->GetError(), HasSubstr("duplicate key")) << type;
    }
    EXPECT_EQ(Ours("SELECT count(*), count(k), count(DISTINCT k) FROM " + table),
              std::to_string(200 + count) + "|" + std::to_string(count) + "|" +
                  std::to_string(count) + "|\n")
        << type;
  }
}

// The same file without its filter.
std::string OlderIndex(const std::string& bytes) {
  const auto identity = DecodeIndexHeader(bytes)->identity;
  const auto file = *IndexFile::Open(KeepBytes(bytes), identity);
  EXPECT_TRUE(file->has_filter());
  IndexFileWriter writer(identity, false);
  IndexCursor cursor(*file);
  EXPECT_TRUE(cursor.Seek("").has_value());
  while (cursor.valid()) {
    writer.Add(cursor.key(), cursor.position());
    EXPECT_TRUE(cursor.Next().has_value());
  }
  return writer.Finish();
}

TEST_F(KeyIndexTest, FilesFromBeforeThereWereFilters) {
  Both("CREATE TABLE t(i BIGINT PRIMARY KEY, s VARCHAR)");
  Both("INSERT INTO t SELECT 2 * i, 's' || i FROM range(5000) r(i)");
  Both("INSERT INTO t SELECT 2 * i + 1, 's' || i FROM range(5000) r(i)");
  Ours("USE memory");
  Ours("DETACH lake");
  for (const auto& path : IndexFiles()) {
    std::ifstream stored(path, std::ios::binary);
    const auto older = OlderIndex(std::string(std::istreambuf_iterator<char>(stored), {}));
    std::ofstream(path, std::ios::binary) << older;
  }
  Ours("ATTACH '" + folder_.string() + "' AS lake (TYPE icefall)");
  Ours("USE lake");
  EXPECT_EQ(Ours("SELECT count(*) FROM icefall_check('t', data := true)"), "0|\n");
  Both("SELECT * FROM t WHERE i IN (77, 78, 10001) ORDER BY i");
  BothFail("INSERT INTO t VALUES (4321, 'again')", "4321");
  Both("DELETE FROM t WHERE i = 77");
  ExpectSame("t");
}

TEST_F(KeyIndexTest, FilesAreOnlyDerived) {
  Ours("CREATE TABLE t(a INTEGER, b VARCHAR, PRIMARY KEY (a, b), UNIQUE (b))");
  Ours("INSERT INTO t SELECT i % 10, 'b' || i FROM range(5000) r(i)");
  const auto files = IndexFiles();
  ASSERT_EQ(files.size(), 2U);
  const auto expect_kept = [&] {
    // As another process would find them.
    Ours("USE memory");
    Ours("DETACH lake");
    Ours("ATTACH '" + folder_.string() + "' AS lake (TYPE icefall)");
    Ours("USE lake");
    EXPECT_THAT(ours_->Query("INSERT INTO t VALUES (7, 'b4567')")->GetError(),
                HasSubstr("duplicate key '7, b4567'"));
    EXPECT_THAT(ours_->Query("INSERT INTO t VALUES (70, 'b4567')")->GetError(),
                HasSubstr("duplicate key 'b4567'"));
    Ours("INSERT INTO t VALUES (70, 'new')");
    Ours("DELETE FROM t WHERE a = 70");
  };
  expect_kept();
  for (const auto& file : files) std::filesystem::remove(file);
  expect_kept();
  ASSERT_EQ(IndexFiles(), files);
  for (const auto& file : files) {
    const auto size = std::filesystem::file_size(file);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    // Everything behind the header.
    stream.seekp(4096);
    stream << std::string(size - 4096, 'x');
  }
  expect_kept();
  for (const auto& file : files) std::filesystem::resize_file(file, 5000);
  expect_kept();
  std::filesystem::copy_file(files[0], files[1], std::filesystem::copy_options::overwrite_existing);
  expect_kept();
}

TEST_F(KeyIndexTest, FollowsChangedTypesAndAddedColumns) {
  Ours("CREATE TABLE t(a INTEGER UNIQUE, b INTEGER)");
  Ours("INSERT INTO t SELECT i, i FROM range(1000) r(i)");
  Ours("INSERT INTO t VALUES (5000, 1)");
  Ours("ALTER TABLE t ALTER a TYPE BIGINT");
  EXPECT_THAT(ours_->Query("INSERT INTO t VALUES (999, 0)")->GetError(), HasSubstr("key '999'"));
  EXPECT_THAT(ours_->Query("INSERT INTO t VALUES (5000, 0)")->GetError(), HasSubstr("key '5000'"));
  Ours("INSERT INTO t VALUES (10000000000, 0)");
  EXPECT_THAT(ours_->Query("INSERT INTO t VALUES (10000000000, 0)")->GetError(),
              HasSubstr("duplicate key '10000000000'"));
}

TEST_F(KeyIndexTest, ManyStatementsOfOneTransaction) {
  Both("CREATE TABLE t(i INTEGER PRIMARY KEY, v INTEGER)");
  Both("BEGIN");
  for (int i = 0; i < 50; ++i) Both("INSERT INTO t VALUES (" + std::to_string(i * 3) + ", 0)");
  Both("UPDATE t SET v = 1 WHERE i % 2 = 0");
  Both("DELETE FROM t WHERE i = 30");
  Both("INSERT INTO t VALUES (30, 5)");
  Both("INSERT INTO t SELECT 1000 + i, 2 FROM range(500) r(i)");
  Both("COMMIT");
  BothFail("INSERT INTO t VALUES (33, 5)", "duplicate key '33'");
  BothFail("INSERT INTO t VALUES (1033, 5)", "duplicate key '1033'");
  ExpectSame("t");
}

// Each file can have every key by its range; what its filter leaves out is not there.
TEST_F(KeyIndexTest, KeysOfFilesWhoseRangesOverlap) {
  constexpr int kFileCount = 12;
  const auto insert = [](const std::string& first) {
    return "INSERT INTO t SELECT " + first + " + 12 * i, 's' || i FROM range(3000) r(i)";
  };
  Both("CREATE TABLE t(i BIGINT PRIMARY KEY, s VARCHAR)");
  for (int file = 0; file < kFileCount; ++file) Both(insert(std::to_string(file)));
  ASSERT_GE(IndexFiles().size(), static_cast<size_t>(kFileCount));
  for (int key = 0; key < 36'100; key += 1'009) {
    const auto text = std::to_string(key);
    Both("SELECT * FROM t WHERE i = " + text);
    Both("SELECT * FROM t WHERE i IN (" + text + ", -1, 36000, 5) ORDER BY i");
    Both("INSERT INTO t VALUES (" + text +
         ", 'upserted') ON CONFLICT DO UPDATE SET s = excluded.s");
    Both("DELETE FROM t WHERE i = 1 + " + text);
    Both("INSERT INTO t VALUES (1 + " + text + ", 'again')");
  }
  BothFail("INSERT INTO t VALUES (36100, 'new'), (7, 'there')", "7");
  // Files of a transaction that goes have ids that others get.
  Both("BEGIN");
  Both(insert("100000"));
  Both("SELECT * FROM t WHERE i = 100012");
  Both("ROLLBACK");
  Both(insert("200000"));
  Both("SELECT * FROM t WHERE i IN (100012, 200012) ORDER BY i");
  Both("SELECT * FROM t WHERE i = 200024");
  ExpectSame("t");
}

// More files than are asked one by one have every key between their first and last.
class CrowdedKeyTest : public KeyIndexTest {
 protected:
  static constexpr int kFiles = 150;
  static constexpr int kRowsEach = 20;

  void SetUp() override {
    Attach();
    Both("CREATE TABLE t(a INTEGER, b VARCHAR, s VARCHAR, PRIMARY KEY (a, b))");
    for (int file = 0; file < kFiles; ++file) Both("INSERT INTO t" + RowsOf(file));
  }
  void Attach() {
    Ours("USE memory");
    Ours("DETACH lake");
    Ours("ATTACH '" + folder_.string() + "' AS lake (TYPE icefall, INLINE_ROW_LIMIT 0)");
    Ours("USE lake");
  }
  static std::string RowsOf(int file) {
    const auto key = "(" + std::to_string(file) + " + i * " + std::to_string(kFiles) + ")";
    return " SELECT " + key + ", 'b' || " + key + " % 7, 's' || i FROM range(" +
           std::to_string(kRowsEach) + ") r(i)";
  }
  static std::string Key(int a) { return std::to_string(a) + ", 'b" + std::to_string(a % 7) + "'"; }
  // Often enough that all of the crowd is known.
  void ExpectKeysHold() {
    for (int a = 0; a < kFiles * kRowsEach; a += 293) {
      Both("SELECT * FROM t WHERE a = " + std::to_string(a) + " AND b = 'b" +
           std::to_string(a % 7) + "'");
      Both("SELECT * FROM t WHERE a = " + std::to_string(a) + " AND b = 'c'");
      BothFail("INSERT INTO t VALUES (" + Key(a) + ", 'again')", "duplicate key");
      Both("INSERT INTO t VALUES (" + Key(a) + ", 'upsert') ON CONFLICT DO UPDATE SET s = 'new'");
      Both("UPDATE t SET s = s || a WHERE a = " + std::to_string(a) + " AND b = 'b" +
           std::to_string(a % 7) + "'");
    }
    // Of many keys at once, few are there.
    BothFail("INSERT INTO t SELECT 100 + i * 1000, 'b' || i % 7, '' FROM range(-500, 500) r(i)",
             "duplicate key");
    Both("INSERT INTO t SELECT i * 3, 'c', '' FROM range(1000) r(i) ON CONFLICT DO NOTHING");
    Both("DELETE FROM t WHERE b = 'c'");
    ExpectSame("t");
  }
};

TEST_F(CrowdedKeyTest, StaysUnique) {
  ExpectKeysHold();
  Both("DELETE FROM t WHERE a % 5 = 0");
  Both("INSERT INTO t SELECT a * 5, 'b' || (a * 5) % 7, 'back' FROM range(600) r(a)");
  ExpectKeysHold();
  Ours("CALL icefall_compact('t')");
  ExpectKeysHold();
}

TEST_F(CrowdedKeyTest, StaysUniqueInTransactionsThatAreTakenBack) {
  for (const char* end : {"ROLLBACK", "COMMIT"}) {
    Both("BEGIN");
    for (int file = 0; file < 70; ++file) {
      Both("INSERT INTO t SELECT a + 100000, b, s FROM (" + RowsOf(file).substr(1) +
           ") r(a, b, s)");
    }
    Both("SELECT * FROM t WHERE a = 100151 AND b = 'b" + std::to_string(151 % 7) + "'");
    Both("DELETE FROM t WHERE a BETWEEN 100140 AND 100160");
    Both(end);
    ExpectKeysHold();
  }
}

TEST_F(CrowdedKeyTest, StaysUniqueWithoutIndexFiles) {
  int number = 0;
  for (const auto& path : IndexFiles()) {
    if (number % 3 == 0) std::filesystem::remove(path);
    if (number % 3 == 1) std::ofstream(path, std::ios::binary) << "damaged";
    ++number;
  }
  Attach();
  ExpectKeysHold();
}

}  // namespace
}  // namespace icefall
