// How many requests a reader needs that knows nothing yet, after many inserts.
#include <algorithm>
#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "icedb/table_fixture.h"
#include "icedb/table_options.h"
#include "store/fault_store.h"

namespace icefall::icedb {
namespace {

class TableRequestsTest : public ::testing::Test {
 protected:
  void InsertUpTo(int count) {
    for (; inserted_ < count; ++inserted_) {
      ASSERT_TRUE(worker_.InsertAndMergeLogs({{"u=a", {inserted_}}}));
    }
  }
  Rows Inserted() const {
    Rows rows;
    for (int row = 0; row < inserted_; ++row) rows.insert(row);
    return rows;
  }
  uint64_t RequestsOfARead() {
    FaultStore counting(store_);
    Worker reader(counting, clock_, "reader");
    const auto state = reader.table().Read();
    EXPECT_TRUE(state);
    return counting.CallCount();
  }

  SteppingClock clock_;
  MemoryStore store_{clock_};
  Worker worker_{store_, clock_, "a"};
  int inserted_ = 0;
};

TEST_F(TableRequestsTest, DoNotGrowWithInserts) {
  const TableOptions options;
  // A listing, the log of the last merge, and those that came since: a quarter more by chance.
  const uint64_t most = 2 + options.merge_logs_after * 5 / 4;
  for (const int count : {100, 400, 700, 1000}) {
    InsertUpTo(count);
    EXPECT_LE(RequestsOfARead(), most) << "after " << count << " inserts";
  }
  EXPECT_EQ(worker_.Read(), Inserted());
  EXPECT_EQ(ReadAsTheOriginal(store_, store_), Inserted());
}

TEST_F(TableRequestsTest, OfWritersThatDoNotKnowOfEachOtherNeither) {
  ASSERT_TRUE(StoreTableOptions(store_, kPrefix, {.merge_logs_after = 16}));
  for (int i = 0; i < 300; ++i) {
    // None of them ever inserts twice; each one reads before, for the columns.
    Worker other(store_, clock_, "b" + std::to_string(i));
    ASSERT_TRUE(other.table().Read());
    ASSERT_TRUE(other.InsertAndMergeLogs({{"u=a", {inserted_++}}}));
  }
  EXPECT_LE(RequestsOfARead(), 2 + 20);
  EXPECT_EQ(ReadAsTheOriginal(store_, store_), Inserted());
}

TEST_F(TableRequestsTest, GrowWhereMergingIsOff) {
  ASSERT_TRUE(StoreTableOptions(store_, kPrefix, {.merge_logs_after = 0}));
  InsertUpTo(300);
  EXPECT_EQ(RequestsOfARead(), 301);
}

// The original's maintenance does not look at ours: theirs could be under way.
TEST_F(TableRequestsTest, LogsThatTheOriginalWroteAreLeftToIt) {
  ASSERT_TRUE(StoreTableOptions(store_, kPrefix, {.merge_logs_after = 16}));
  LogFile foreign;
  foreign.ms = 1;
  ASSERT_TRUE(store_.Put(LogFolder(kPrefix) + "1_m_original.jsonl", *EncodeLogFile(foreign),
                         PutCondition::IfAbsent()));
  InsertUpTo(100);
  const auto logs = store_.List({.prefix = LogFolder(kPrefix)}).value();
  const auto is_merged = [](const ObjectInfo& log) { return ParseLogName(log.key)->merged; };
  EXPECT_EQ(std::ranges::count_if(logs, is_merged), 1);
  // What was not done is not tried with every insert either.
  FaultStore counting(store_);
  Worker other(counting, clock_, "b");
  ASSERT_TRUE(other.table().Read());
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(other.InsertAndMergeLogs({{"u=a", {inserted_++}}}));
  counting.ResetCounts();
  ASSERT_TRUE(other.InsertAndMergeLogs({{"u=a", {inserted_++}}}));
  EXPECT_EQ(counting.CallCount(), 2);
}

}  // namespace
}  // namespace icefall::icedb
