#include "icedb/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "icedb/table_fixture.h"
#include "store/fault_store.h"

namespace icefall::icedb {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class TableTest : public ::testing::Test {
 protected:
  // Both readers agree.
  void ExpectRows(const Rows& rows) {
    EXPECT_EQ(worker_.Read(), rows);
    EXPECT_EQ(ReadAsTheOriginal(store_, store_), rows);
  }
  size_t LogCount() { return store_.List({.prefix = LogFolder(kPrefix)}).value().size(); }

  SteppingClock clock_;
  MemoryStore store_{clock_};
  Worker worker_{store_, clock_, "a"};
};

TEST_F(TableTest, AnInsertIsSeenAtOnceAndNotBefore) {
  const int64_t before = worker_.table().NowMs();
  ASSERT_TRUE(worker_.Insert({{"u=a", {1}}, {"u=b", {2, 3}}}));
  ExpectRows({1, 2, 3});
  EXPECT_EQ(worker_.Read(before), Rows());
  EXPECT_EQ(worker_.Read(worker_.table().NowMs()), Rows({1, 2, 3}));
}

// Two inserts of one host in one millisecond overwrote each other.
TEST_F(TableTest, InsertsOfOneHostInOneMillisecondAreBothKept) {
  clock_.SetStep(0);
  Worker other(store_, clock_, "a");
  const auto first = worker_.Insert({{"u=a", {1}}});
  const auto second = other.Insert({{"u=a", {2}}});
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->key, second->key);
  ExpectRows({1, 2});
}

TEST_F(TableTest, AMergeKeepsRowsAndCleanupLetsTheOldFilesGo) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(worker_.Insert({{"u=a", {i}}, {"u=b", {10 + i}}}));
  const int64_t before_merge = worker_.table().NowMs();
  ASSERT_TRUE(worker_.Merge().value());
  ExpectRows({0, 1, 2, 3, 10, 11, 12, 13});
  EXPECT_EQ(worker_.Read(before_merge).size(), 8);
  ASSERT_TRUE(worker_.Merge().value());
  EXPECT_FALSE(worker_.Merge().value());
  EXPECT_EQ(LogCount(), 6);
  ASSERT_TRUE(worker_.Cleanup(0).value());
  ExpectRows({0, 1, 2, 3, 10, 11, 12, 13});
  EXPECT_EQ(LogCount(), 1);
  EXPECT_THAT(store_.List({.prefix = DataFolder(kPrefix)}).value(), SizeIs(2));
}

// A cleanup that had nothing to do wrote an empty log each time.
TEST_F(TableTest, AnIdleCleanupWritesNothing) {
  EXPECT_FALSE(worker_.Cleanup(0).value());
  ASSERT_TRUE(worker_.Insert({{"u=a", {1}}}));
  EXPECT_FALSE(worker_.Cleanup(0).value());
  ASSERT_TRUE(worker_.Insert({{"u=a", {2}}}));
  ASSERT_TRUE(worker_.Merge().value());
  ASSERT_TRUE(worker_.Cleanup(0).value());
  EXPECT_FALSE(worker_.Cleanup(0).value());
}

// With a grace period everything superseded goes in the end, and then it is quiet.
TEST_F(TableTest, CleanupsWithAGracePeriodComeToAnEnd) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(worker_.Insert({{"u=a", {i}}, {"u=b", {10 + i}}}));
  ASSERT_TRUE(worker_.Merge().value());
  ASSERT_TRUE(worker_.Merge().value());
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(10'000);
    ASSERT_TRUE(worker_.Cleanup(5'000));
    ExpectRows({0, 1, 2, 10, 11, 12});
  }
  clock_.Advance(10'000);
  EXPECT_FALSE(worker_.Cleanup(5'000).value());
  EXPECT_EQ(LogCount(), 1);
  EXPECT_THAT(store_.List({.prefix = DataFolder(kPrefix)}).value(), SizeIs(2));
}

// remove_partitions dropped the siblings in a log file, which cleanup then deleted.
TEST_F(TableTest, RemovingAPartitionKeepsItsNeighbours) {
  ASSERT_TRUE(worker_.Insert({{"u=a", {1}}, {"u=b", {2}}}));
  ASSERT_TRUE(worker_.Remove("u=a").value());
  ExpectRows({2});
  ASSERT_TRUE(worker_.Cleanup(0).value());
  ExpectRows({2});
  EXPECT_FALSE(worker_.Remove("u=a").value());
}

// What the original's remove left behind: a tombstone for a log file whose other data file only
// that log file names.
TEST_F(TableTest, CleanupKeepsWhatOnlyASupersededLogNames) {
  const auto insert = worker_.Insert({{"u=a", {1}}, {"u=b", {2}}});
  ASSERT_TRUE(insert);
  FileMarker dead = insert->file.files[0];
  dead.tombstone_ms = insert->file.ms + 1;
  const LogFile removal = {.ms = insert->file.ms + 1,
                           .schema = insert->file.schema,
                           .tombstones = {{insert->key, insert->file.ms + 1}},
                           .files = {dead}};
  ASSERT_TRUE(store_.Put(LogFolder(kPrefix) + std::to_string(removal.ms) + "_m_old.jsonl",
                         EncodeLogFile(removal).value(), PutCondition::IfAbsent()));
  clock_.Advance(10);
  ExpectRows({2});
  ASSERT_TRUE(worker_.Cleanup(0).value());
  ExpectRows({2});
  EXPECT_EQ(LogCount(), 1);
}

// A merge's log sorted before its sources.
TEST_F(TableTest, AMergeWithAClockThatIsBehindComesAfterItsSources) {
  clock_.Advance(3'600'000);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(worker_.Insert({{"u=a", {i}}}));
  SteppingClock behind;
  Worker late(store_, behind, "b");
  ASSERT_TRUE(late.Merge().value());
  ExpectRows({0, 1});
}

// Rows of a writer whose clock is ahead were invisible until clocks had passed.
TEST_F(TableTest, RowsOfAClockThatIsAheadAreThereNow) {
  SteppingClock ahead;
  ahead.Advance(3'600'000);
  Worker early(store_, ahead, "b");
  ASSERT_TRUE(early.Insert({{"u=a", {1}}}));
  EXPECT_EQ(worker_.Read(), Rows({1}));
  EXPECT_EQ(worker_.Read(worker_.table().NowMs() + 1000), Rows({1}));
  // Our own operation has to come after it, and is seen from when it was done.
  const int64_t before = worker_.table().NowMs();
  ASSERT_TRUE(worker_.Insert({{"u=a", {2}}}));
  ASSERT_TRUE(worker_.Merge().value());
  EXPECT_EQ(worker_.Read(worker_.table().NowMs() - 1), Rows({1, 2}));
  EXPECT_EQ(worker_.Read(before), Rows());
  // Nothing that is younger than the grace period by the real clock goes.
  ASSERT_TRUE(worker_.Cleanup(60'000));
  ExpectRows({1, 2});
  EXPECT_THAT(store_.List({.prefix = DataFolder(kPrefix)}).value(), SizeIs(3));
}

// A partition of dead files only kept every other one from being merged.
TEST_F(TableTest, DeadPartitionsAreNotInTheWayOfAMerge) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(worker_.Insert({{"u=dead", {i}}}));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(worker_.Insert({{"u=alive", {10 + i}}}));
  ASSERT_TRUE(worker_.Remove("u=dead").value());
  ASSERT_TRUE(worker_.Merge().value());
  ExpectRows({10, 11});
}

TEST_F(TableTest, ForeignObjectsUnderTheLogAreNoted) {
  ASSERT_TRUE(worker_.Insert({{"u=a", {1}}}));
  ASSERT_TRUE(store_.Put(LogFolder(kPrefix) + "README.md", "hello", PutCondition::IfAbsent()));
  EXPECT_EQ(worker_.Read(), Rows({1}));
  EXPECT_THAT(worker_.table().reader().foreign(),
              ::testing::ElementsAre(LogFolder(kPrefix) + "README.md"));
}

TEST_F(TableTest, ReadsDoNotGrowWithTheInsertsThatALogMergeHasSeen) {
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(worker_.Insert({{"u=a", {i}}}));
  ASSERT_TRUE(worker_.MergeLogs().value());
  FaultStore counting(store_);
  Worker cold(counting, clock_, "b");
  ASSERT_TRUE(cold.table().Read());
  EXPECT_EQ(counting.CallCount(StoreCall::kReadToEnd), 1);
  ASSERT_TRUE(worker_.Insert({{"u=a", {50}}}));
  counting.ResetCounts();
  ASSERT_TRUE(cold.table().Read());
  EXPECT_EQ(counting.CallCount(), 2);  // a listing, the new log file
  counting.ResetCounts();
  ASSERT_TRUE(cold.table().Read());
  EXPECT_EQ(counting.CallCount(), 1);
}

TEST_F(TableTest, AnInsertTakesOneRequestBesidesItsData) {
  FaultStore counting(store_);
  Worker worker(counting, clock_, "b");
  ASSERT_TRUE(worker.Insert({{"u=a", {1}}}));
  EXPECT_EQ(counting.CallCount(), 2);
}

// The logs that it lets go name files of which it has forgotten that they are dead.
TEST_F(TableTest, ACleanupThatStopsBeforeItDeletesLogsChangesNoRows) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(worker_.Insert({{"u=a", {i}}}));
  ASSERT_TRUE(worker_.MergeLogs().value());
  ASSERT_TRUE(worker_.Merge().value());
  clock_.Advance(2'000'000);
  // What tells that they are dead is itself replaced, too late to be let go with them.
  ASSERT_TRUE(worker_.Insert({{"u=a", {3}}}));
  ASSERT_TRUE(worker_.MergeLogs().value());
  FaultStore stopping(store_, FaultAtCall(StoreCall::kDelete, 1, Fault::CrashBefore()));
  ASSERT_FALSE(Worker(stopping, clock_, "b").Cleanup(1'000'000));
  EXPECT_EQ(Worker(store_, clock_, "c").Read(), Rows({0, 1, 2, 3}));
  // The next one finishes it and finds nothing more to do.
  EXPECT_FALSE(worker_.Cleanup(1'000'000).value());
  ASSERT_TRUE(worker_.Insert({{"u=a", {4}}}));
  ExpectRows({0, 1, 2, 3, 4});
}

TEST_F(TableTest, AReadThatFailsBehindALostRaceIsNotTakenForDamage) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(worker_.Insert({{"u=a", {i}}}));
  int head_puts = 0;
  FaultStore stopping(store_, [&](const StoreCallInfo& call) {
    if (call.call != StoreCall::kPut || !call.key.ends_with("head.json")) return Fault::None();
    return ++head_puts == 2 ? Fault::CrashBefore() : Fault::None();
  });
  Worker stopped(stopping, clock_, "b");
  // Its log file is there, and it did not come to say that it has finished.
  ASSERT_FALSE(stopped.Merge());
  int reads = 0;
  FaultStore failing(store_, [&](const StoreCallInfo& call) {
    const bool is_its_log =
        call.call == StoreCall::kReadToEnd && call.key.ends_with("_m_b.jsonl") && ++reads == 1;
    return is_its_log ? Fault::FailBefore(ErrorCode::kUnavailable) : Fault::None();
  });
  Worker next(failing, clock_, "c");
  const auto failed = next.Cleanup(0);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable) << failed.error().message();
  ASSERT_TRUE(next.Cleanup(0).value());
  ExpectRows({0, 1, 2});
}

TEST_F(TableTest, ManyInsertsLogsAreMergedByCleanup) {
  Rows rows;
  for (int i = 0; i < 70; ++i) {
    ASSERT_TRUE(worker_.Insert({{"u=" + std::to_string(i), {i}}}));
    rows.insert(i);
  }
  ASSERT_TRUE(worker_.Cleanup(1'000'000).value());
  EXPECT_EQ(LogCount(), 71);
  ExpectRows(rows);
  clock_.Advance(2'000'000);
  ASSERT_TRUE(worker_.Cleanup(1'000'000).value());
  EXPECT_EQ(LogCount(), 1);
  ExpectRows(rows);
}

TEST_F(TableTest, TenThousandLogFilesAreReadAndPutIntoOne) {
  constexpr size_t kCount = 10'000;
  for (size_t i = 0; i < kCount; ++i) {
    const auto files = std::vector<FileMarker>{
        {std::string(kPrefix) + "/_data/u=a/" + std::to_string(i) + ".parquet", 1, 1, {}}};
    ASSERT_TRUE(worker_.table().Append("a", {{"n", "BIGINT"}}, files, worker_.table().NowMs()));
  }
  const auto alive = [](const TableState& state) { return AliveFilesOf(state, kPrefix, "u=a"); };
  Worker cold(store_, clock_, "b");
  const auto before = cold.table().Read();
  ASSERT_TRUE(before);
  EXPECT_EQ((*before)->logs().size(), kCount);
  EXPECT_EQ(alive(**before).size(), kCount);
  ASSERT_TRUE(cold.MergeLogs().value());
  FaultStore counting(store_);
  Worker next(counting, clock_, "c");
  const auto after = next.table().Read();
  ASSERT_TRUE(after);
  EXPECT_EQ(counting.CallCount(), 2);
  EXPECT_EQ(alive(**after), alive(**before));
}

TEST_F(TableTest, ColumnsThatContradictEachOtherStopMaintenanceAndNotReads) {
  ASSERT_TRUE(worker_.Insert({{"u=a", {1}}}));
  const auto file = worker_.Store("u=a", {2});
  ASSERT_TRUE(worker_.table().Append("b", {{"n", "VARCHAR"}}, {*file}, worker_.table().NowMs()));
  ExpectRows({1, 2});
  const auto merged = worker_.Merge();
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code(), ErrorCode::kConstraint);
  EXPECT_THAT(merged.error().message(), HasSubstr("column 'n' is BIGINT"));
}

TEST_F(TableTest, AnInsertWhoseFileWasTakenForAnOrphanFails) {
  const int64_t started_at = worker_.table().NowMs();
  const auto file = worker_.Store("u=a", {1});
  ASSERT_TRUE(store_.Delete(file->path));
  clock_.Advance(3'600'000);
  const auto appended = worker_.table().Append("a", {}, {*file}, started_at);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code(), ErrorCode::kConflict);
}

}  // namespace
}  // namespace icefall::icedb
