// CALL icefall_gc: what is deleted, and what never is.
#include "maintenance/gc.h"

#include <atomic>
#include <chrono>
#include <fstream>

#include <gmock/gmock.h>

#include "base/uuid.h"
#include "sql/sql_fixture.h"
#include "sql/stop_flag.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

class GcTest : public SqlFixture {
 protected:
  void SetUp() override {
    Open(", INLINE_ROW_LIMIT 0");
    Run("CREATE TABLE t AS SELECT i FROM range(100) r(i)");
    for (int i = 1; i < 5; ++i) {
      Run("DELETE FROM t WHERE i >= " + std::to_string(100 * i - 100));
      Run("INSERT INTO t SELECT i FROM range(" + std::to_string(100 * i) + ", " +
          std::to_string(100 * i + 100) + ") r(i)");
    }
  }
  size_t DataFiles() const { return FilesIn("data"); }
  size_t FilesIn(const std::string& folder) const {
    size_t count = 0;
    if (!fs::exists(path() + "/t/" + folder)) return 0;
    for (const auto& entry : fs::recursive_directory_iterator(path() + "/t/" + folder)) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }
  // A file as a writer that died would leave it.
  std::string MakeOrphan(int64_t age_seconds) {
    ManualClock clock(SystemClock().NowMicros() - age_seconds * 1'000'000);
    const std::string file = path() + "/t/data/" + NewUuid(clock) + ".parquet";
    std::ofstream(file) << "unfinished";
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::seconds(age_seconds));
    return file;
  }
};

TEST_F(GcTest, KeepsWhatRetainedSnapshotsNeed) {
  EXPECT_EQ(DataFiles(), 5u);
  // The newest three: the last file, none, and the one before it.
  EXPECT_EQ(Rows("SELECT deleted_files, retained_snapshots FROM icefall_gc('t')"), "3|[9, 8, 7]");
  EXPECT_EQ(DataFiles(), 2u);
  EXPECT_EQ(Rows("SELECT count(*), min(i) FROM t"), "100|400");
  EXPECT_EQ(Rows("SELECT count(*), min(i) FROM t AT (VERSION => 7)"), "100|300");
  EXPECT_EQ(Rows("SELECT min(sequence), count(*) FROM icefall_snapshots('t')"), "7|3");
  const std::string error = ErrorOf("SELECT * FROM t AT (VERSION => 6)");
  EXPECT_NE(error.find("found versions 7 ("), std::string::npos) << error;
  Open();
  EXPECT_EQ(Rows("SELECT count(*), min(i) FROM t"), "100|400");
  EXPECT_EQ(Rows("SELECT count(*), min(i) FROM t AT (VERSION => 7)"), "100|300");
  EXPECT_EQ(ErrorOf("SELECT * FROM t AT (VERSION => 6)"), error);
}

TEST_F(GcTest, IsDoneOnce) {
  Run("CALL icefall_gc('t', retain_snapshots := 1)");
  EXPECT_EQ(DataFiles(), 1u);
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t', retain_snapshots := 1)"), "0");
  EXPECT_EQ(Rows("SELECT retained_snapshots FROM icefall_gc('t', retain_snapshots := 5)"), "[9]")
      << "what is gone does not come back";
}

TEST_F(GcTest, KeepsHistoryForWhoeverReadsTheLog) {
  const std::string log = path() + "/t/_log/00000000000000000001.jsonl";
  const auto size = fs::file_size(log);
  Run("CALL icefall_gc('t', retain_snapshots := 1)");
  EXPECT_EQ(fs::file_size(log), size);
}

TEST_F(GcTest, DeletesWhatIsLeftOfADroppedTable) {
  const auto files = [&] {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path() + "/t")) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  };
  const std::string newest = Rows("SELECT max(database_sequence) FROM icefall_snapshots('t')");
  duckdb::Connection reader(db());
  reader.Query("BEGIN");
  EXPECT_EQ(reader.Query("SELECT count(*) FROM my.t")->GetValue(0, 0).ToString(), "100");
  Run("DROP TABLE t");
  const size_t all = files();
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t')"), "0") << "it is being read";
  EXPECT_EQ(reader.Query("SELECT min(i) FROM my.t")->GetValue(0, 0).ToString(), "400");
  reader.Query("COMMIT");
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t', older_than := INTERVAL 1 DAY)"), "0")
      << "what is not older is retained";
  EXPECT_EQ(files(), all);
  Run("ATTACH '" + path() + "' AS past (TYPE icefall, SNAPSHOT " + newest + ")");
  EXPECT_EQ(Rows("SELECT count(*), min(i) FROM past.t"), "100|400");
  Run("DETACH past");

  EXPECT_EQ(Rows("SELECT deleted_files, retained_snapshots FROM icefall_gc('t', dry_run := true)"),
            std::to_string(all) + "|[]");
  EXPECT_EQ(files(), all);
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t')"), std::to_string(all));
  EXPECT_EQ(files(), 1U) << "the mark";
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t')"), "0");
  EXPECT_THAT(ErrorOf("CALL icefall_gc('never')"), testing::HasSubstr("'never' not found"));

  Run("CREATE TABLE t AS SELECT i FROM range(7) r(i)");
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t')"), "0");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "7");
  EXPECT_EQ(files(), 1U) << "no directory is used twice";
  Run("ATTACH '" + path() + "' AS past (TYPE icefall, SNAPSHOT " + newest + ")");
  EXPECT_NE(ErrorOf("SELECT count(*) FROM past.t"), "");
}

TEST_F(GcTest, DeletesAnEarlierTableOfTheName) {
  Run("DROP TABLE t");
  Run("CREATE TABLE t AS SELECT i FROM range(7) r(i)");
  EXPECT_EQ(DataFiles(), 5U);
  Run("ALTER TABLE t RENAME TO other");
  EXPECT_NE(Rows("SELECT deleted_files FROM icefall_gc('t')"), "0");
  EXPECT_EQ(DataFiles(), 0U);
  EXPECT_EQ(Rows("SELECT count(*) FROM other"), "7");
  Run("DROP TABLE other");
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t')"), "0") << "it had another name";
  EXPECT_NE(Rows("SELECT deleted_files FROM icefall_gc('other')"), "0");
}

TEST_F(GcTest, DryRunOnlyCounts) {
  EXPECT_EQ(Rows("SELECT deleted_files, deleted_bytes > 0 FROM icefall_gc('t', "
                 "retain_snapshots := 1, dry_run := true)"),
            "4|true");
  EXPECT_EQ(DataFiles(), 5u);
  EXPECT_EQ(Rows("SELECT min(i) FROM t AT (VERSION => 1)"), "0");
}

TEST_F(GcTest, KeepsWhatIsYoung) {
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t', older_than := INTERVAL 1 DAY)"), "0");
  EXPECT_EQ(DataFiles(), 5u);
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t', older_than := INTERVAL 0 DAY)"), "4");
}

TEST_F(GcTest, KeepsWhatAnOpenReaderSees) {
  duckdb::DuckDB other(nullptr);
  RegisterIcefall(*other.instance);
  duckdb::Connection reader(other);
  ASSERT_FALSE(reader.Query("ATTACH '" + path() + "' AS my (TYPE icefall)")->HasError());
  reader.BeginTransaction();
  ASSERT_FALSE(reader.Query("SELECT count(*) FROM my.t")->HasError());
  Run("DELETE FROM t");
  EXPECT_EQ(Rows("SELECT retained_snapshots FROM icefall_gc('t', retain_snapshots := 1)"),
            "[10, 9]");
  EXPECT_EQ(reader.Query("SELECT min(i) FROM my.t")->GetValue(0, 0).ToString(), "400");
  reader.Commit();
  EXPECT_EQ(Rows("SELECT retained_snapshots FROM icefall_gc('t', retain_snapshots := 1)"), "[10]");
  EXPECT_EQ(DataFiles(), 0u);
}

TEST_F(GcTest, KeepsWhatARunningWriterMayCommit) {
  Run("BEGIN");
  Run("INSERT INTO t SELECT i FROM range(500, 600) r(i)");
  EXPECT_EQ(DataFiles(), 6u);
  duckdb::DuckDB other(nullptr);
  RegisterIcefall(*other.instance);
  duckdb::Connection gc(other);
  ASSERT_FALSE(gc.Query("ATTACH '" + path() + "' AS my (TYPE icefall)")->HasError());
  // However old the file looks.
  for (const auto& entry : fs::recursive_directory_iterator(path() + "/t/data")) {
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(48));
  }
  const auto result = gc.Query("CALL icefall_gc('my.t', retain_snapshots := 1)");
  ASSERT_FALSE(result->HasError()) << result->GetError();
  Run("COMMIT");
  EXPECT_EQ(Rows("SELECT count(*), max(i) FROM t"), "200|599");
}

TEST_F(GcTest, RemovesOrphansOfASafeAge) {
  const std::string old_file = MakeOrphan(7200), young_file = MakeOrphan(60);
  std::ofstream(path() + "/t/data/mine.parquet") << "somebody else's";
  EXPECT_EQ(Rows("SELECT deleted_files FROM icefall_gc('t', retain_snapshots := 9)"), "1");
  EXPECT_FALSE(fs::exists(old_file));
  EXPECT_TRUE(fs::exists(young_file));
  EXPECT_TRUE(fs::exists(path() + "/t/data/mine.parquet"));
}

TEST_F(GcTest, RemovesDeletionVectorsAndManifests) {
  Run("CREATE OR REPLACE TABLE d AS SELECT i FROM range(200000) r(i)");
  for (int i = 0; i < 6; ++i) {
    Run("DELETE FROM d WHERE hash(i) % 7 = " + std::to_string(i));
  }
  const auto count = [&](const std::string& folder) {
    return std::distance(fs::directory_iterator(path() + "/d/" + folder), fs::directory_iterator());
  };
  EXPECT_EQ(count("deletes"), 6);
  const std::string before = Rows("SELECT count(*), sum(i) FROM d");
  const std::string past = Rows("SELECT count(*), sum(i) FROM d AT (VERSION => 6)");
  Run("CALL icefall_gc('d', retain_snapshots := 2)");
  EXPECT_LT(count("deletes"), 4);
  Open();
  EXPECT_EQ(Rows("SELECT count(*), sum(i) FROM d"), before);
  EXPECT_EQ(Rows("SELECT count(*), sum(i) FROM d AT (VERSION => 6)"), past);
  Run("CALL icefall_compact('d')");
  Run("CALL icefall_gc('d', retain_snapshots := 1)");
  EXPECT_EQ(count("deletes"), 0);
  Open();
  EXPECT_EQ(Rows("SELECT count(*), sum(i) FROM d"), before);
}

TEST_F(GcTest, SaysHowFarItIsAndStopsWhereItIsTold) {
  constexpr size_t kOrphans = 2500;
  for (size_t i = 0; i < kOrphans; ++i) MakeOrphan(7200);
  const auto database = *Database::Open(path(), {});
  std::vector<std::pair<uint64_t, uint64_t>> told;
  size_t looks_max = 3;
  GcOptions options{.retain_snapshots = 9};
  options.goes_on = [&](uint64_t deleted, uint64_t total) {
    told.emplace_back(deleted, total);
    return told.size() < looks_max;
  };
  const auto collect = [&] {
    told.clear();
    return CollectGarbage(*database, SystemClock(), {"main", "t"}, options);
  };
  const auto stopped = collect();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(stopped.error().message(), "interrupted");
  EXPECT_THAT(told, testing::ElementsAre(testing::Pair(0, 0), testing::Pair(0, kOrphans),
                                         testing::Pair(1000, kOrphans)));
  EXPECT_EQ(DataFiles(), 5 + kOrphans - 1000);
  looks_max = 1;
  ASSERT_FALSE(collect());
  EXPECT_EQ(DataFiles(), 5 + kOrphans - 1000);
  looks_max = SIZE_MAX;
  const auto report = collect();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->deleted_files, kOrphans - 1000);
  EXPECT_EQ(DataFiles(), 5U);
}

TEST_F(GcTest, StopsWithTheStatementThatCollects) {
  static const std::atomic<bool> stop = true;
  StopFlag::Watch(*connection().context, stop);
  for (const char* call : {"CALL icefall_gc('t', retain_snapshots := 1)",
                           "CALL icefall_optimize('t', retain_snapshots := 1)"}) {
    EXPECT_THAT(ErrorOf(call), testing::HasSubstr("another gc goes on")) << call;
    EXPECT_EQ(DataFiles(), 5U) << call;
  }
}

TEST_F(GcTest, StopsAmidWhatIsLeftOfADroppedTable) {
  Run("DROP TABLE t");
  const auto database = *Database::Open(path(), {});
  GcOptions options;
  options.goes_on = [&](uint64_t deleted, uint64_t) { return deleted < 2; };
  const size_t files = FilesIn(".");
  ASSERT_FALSE(CollectGarbage(*database, SystemClock(), {"main", "t"}, options));
  EXPECT_EQ(FilesIn("."), files - 2 + 1) << "there is a mark";
  Run("CALL icefall_gc('t')");
  EXPECT_EQ(FilesIn("."), 1U);
}

TEST_F(GcTest, NamesWhatItCannotDo) {
  EXPECT_NE(ErrorOf("CALL icefall_gc('t', retain_snapshots := 0)").find("at least 1"),
            std::string::npos);
  EXPECT_NE(ErrorOf("CALL icefall_gc('nothing')").find("nothing"), std::string::npos);
  Open(", READ_ONLY");
  EXPECT_NE(ErrorOf("CALL icefall_gc('t')").find("read-only"), std::string::npos);
}

}  // namespace
}  // namespace icefall
