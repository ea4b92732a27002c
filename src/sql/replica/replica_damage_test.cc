// Whatever happens to the files of replicas, the answers stay.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "sql/replica/replica_fixture.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

class ReplicaDamageTest : public ReplicaFixture {
 protected:
  void SetUp() override {
    ReplicaFixture::SetUp();
    CreateTable();
    EXPECT_EQ(Replicate(), "4|0|0");
  }
  static std::string ReadFile(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // In place of the old one, which whoever has it open goes on reading.
  static void WriteFile(const fs::path& file, const std::string& bytes) {
    fs::remove(file);
    std::ofstream(file, std::ios::binary) << bytes;
  }
  // The sums of all columns.
  static constexpr auto kSum =
      "SELECT count(*), bit_xor(hash(t)), sum(rowid), count(*) FILTER (i % 5 = 2) FROM my.t t";
  // By a session of its own, which has nothing open or cached.
  std::string FreshSum(const std::string& sum = kSum) {
    duckdb::DuckDB fresh(nullptr);
    RegisterIcefall(*fresh.instance);
    duckdb::Connection connection(fresh);
    connection.Query("ATTACH '" + path() + "' AS my (TYPE icefall)");
    const auto rows = connection.Query(sum);
    return rows->HasError() ? rows->GetError() : rows->ToString();
  }
};

TEST_F(ReplicaDamageTest, MissingOnesAreNotMissed) {
  ExpectSameTable();
  fs::remove(ReplicaFiles().front());
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 3);
  ExpectSameTable("one is gone");
  fs::remove_all(fs::path(path()) / "_cache");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 0);
  ExpectSameTable("the folder is gone");
  EXPECT_EQ(Rows("SELECT DISTINCT severity FROM icefall_check('t')"), "");
  EXPECT_EQ(Replicate(), "4|0|0");
  ExpectSameTable("built again");
}

TEST_F(ReplicaDamageTest, NoStatementFailsBecauseTheyCannotBeMade) {
  Run("SET icefall_replicate_at_commit = true");
  Run("CALL enable_logging(level = 'warning')");
  const auto folder = fs::path(path()) / "_cache" / "replicas";
  fs::remove_all(folder);
  WriteFile(folder, "a file where the folder is to be");
  Insert(kRows, kRows + 5'000);
  Change("UPDATE % SET m = m + 1 WHERE i % 2 = 0");
  EXPECT_EQ(Rows("SELECT count(*) FROM duckdb_logs WHERE type = 'icefall' AND message LIKE "
                 "'replicas of table % could not be made: %'"),
            "2");
  ExpectSameTable();
  fs::remove(folder);
  Run("SET icefall_replicas_mib = 0");
  Insert(kRows + 5'000, kRows + 10'000);
  EXPECT_TRUE(ReplicaFiles().empty());
  Run("RESET icefall_replicas_mib");
  Insert(kRows + 10'000, kRows + 15'000);
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 1);
  ExpectSameTable("there is room again");
}

TEST_F(ReplicaDamageTest, TruncatedOnesAreIgnored) {
  const auto file = ReplicaFiles().front();
  const auto whole = ReadFile(file);
  const auto expected = FreshSum();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{12288}, size_t{100'000},
                            whole.size() / 2, whole.size() - 4096, whole.size() - 1}) {
    WriteFile(file, whole.substr(0, size));
    EXPECT_EQ(FreshSum(), expected) << "cut to " << size << " of " << whole.size();
  }
  WriteFile(file, whole.substr(0, 10'000));
  Open();
  Settle();
  EXPECT_EQ(Replicate(), "1|3|0");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 4);
}

TEST_F(ReplicaDamageTest, ChangedBytesNeverChangeAnAnswer) {
  const auto file = ReplicaFiles().front();
  const auto whole = ReadFile(file);
  // With a column that is made from the position, all as they are, and some that only filter.
  for (const std::string sum : {kSum, "SELECT bit_xor(hash(t)), count(*) FROM my.t t",
                                "SELECT sum(i), max(s), min(l) FROM my.t WHERE g < 60 AND d > 7"}) {
    WriteFile(file, whole);
    const auto expected = FreshSum(sum);
    int found_while_scanning = 0;
    for (size_t at = 17; at < whole.size(); at += whole.size() / 60) {
      auto damaged = whole;
      for (size_t i = at; i < std::min(at + 64, damaged.size()); ++i) damaged[i] ^= 0x55;
      WriteFile(file, damaged);
      EXPECT_EQ(FreshSum(sum), expected) << sum << "\nbyte " << at;
      if (!fs::exists(file)) ++found_while_scanning;
    }
    EXPECT_GT(found_while_scanning, 3) << sum;
  }
}

TEST_F(ReplicaDamageTest, ChangedBytesOfManyRowGroupsNeverChangeAnAnswer) {
  Run("CREATE TABLE w WITH (replica = 'duckdb') AS SELECT i, hash(i) AS h, 'text ' || i AS s FROM "
      "range(500000) r(i)");
  Run("DELETE FROM w WHERE i % 1000 = 7");
  const auto before = ReplicaFiles();
  Run("CALL icefall_replicate('w')");
  fs::path file;
  for (const auto& found : ReplicaFiles()) {
    if (std::ranges::find(before, found) == before.end()) file = found;
  }
  const auto whole = ReadFile(file);
  const std::vector<std::string> queries{
      "SELECT count(*), sum(h), max(s), sum(i) FROM my.w",
      "SELECT count(*), sum(i) FROM my.w WHERE h % 3 = 1 AND i > 130000",
      "FROM my.w ORDER BY h DESC LIMIT 9", "FROM my.w ORDER BY s LIMIT 9"};
  const auto answers = [&](bool reads_replicas) {
    duckdb::DuckDB fresh(nullptr);
    RegisterIcefall(*fresh.instance);
    duckdb::Connection connection(fresh);
    connection.Query("ATTACH '" + path() + "' AS my (TYPE icefall)");
    connection.Query("SET threads = 3");
    if (!reads_replicas) connection.Query("SET icefall_replicas = false");
    std::string text;
    for (const auto& query : queries) text += connection.Query(query)->ToString();
    return text;
  };
  const auto expected = answers(false);
  for (size_t at = 300; at < whole.size(); at += whole.size() / 40) {
    auto damaged = whole;
    for (size_t i = at; i < std::min(at + 64, damaged.size()); ++i) damaged[i] ^= 0x55;
    WriteFile(file, damaged);
    EXPECT_EQ(answers(true), expected) << "byte " << at;
  }
}

TEST_F(ReplicaDamageTest, WhatIsFoundDamagedIsDeletedAndBuiltAgain) {
  for (const auto& file : ReplicaFiles()) {
    auto bytes = ReadFile(file);
    for (size_t at = 12'288; at < bytes.size(); at += 512) bytes[at] ^= 0x11;
    WriteFile(file, bytes);
  }
  Open();
  Settle();
  const auto sum = Rows("SELECT sum(i), count(s) FROM t WHERE i % 3 <> 1");
  Run("SET icefall_replicas = false");
  EXPECT_EQ(sum, Rows("SELECT sum(i), count(s) FROM t WHERE i % 3 <> 1"));
  Run("SET icefall_replicas = true");
  EXPECT_EQ(Replicate(), "4|0|0");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 4);
}

TEST_F(ReplicaDamageTest, OnesOfOtherFilesAreNotTakenForTheirOwn) {
  const auto files = ReplicaFiles();
  const auto expected = FreshSum();
  WriteFile(files[0], ReadFile(files[1]));
  EXPECT_EQ(FreshSum(), expected);
  WriteFile(files[0], "no database");
  EXPECT_EQ(FreshSum(), expected);
  fs::remove(files[0]);
  duckdb::DuckDB plain(files[0].string());
  duckdb::Connection connection(plain);
  connection.Query("CREATE TABLE rows AS SELECT 1 AS c0");
  connection.Query("CHECKPOINT");
  EXPECT_EQ(FreshSum(), expected);
}

TEST_F(ReplicaDamageTest, LinksAreNotFollowed) {
  const auto file = ReplicaFiles().front();
  const auto outside = fs::path(path() + "-outside.duckdb");
  fs::rename(file, outside);
  fs::create_symlink(outside, file);
  ExpectSameTable();
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 3);
  fs::remove(file);
  fs::remove(outside);
}

TEST_F(ReplicaDamageTest, UnfinishedOnesAreSweptWhenTheyAreOld) {
  const auto folder = ReplicaFiles().front().parent_path();
  std::ofstream(folder / "0123.unfinished") << "half";
  std::ofstream(folder / "4567.unfinished") << "half";
  fs::last_write_time(folder / "0123.unfinished",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_EQ(Replicate(), "0|4|1");
  EXPECT_FALSE(fs::exists(folder / "0123.unfinished"));
  EXPECT_TRUE(fs::exists(folder / "4567.unfinished"));
}

}  // namespace
}  // namespace icefall
