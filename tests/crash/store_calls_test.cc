// What a commit, a read and an opening cost, in store calls: the promises of docs/format/log.md.
#include <bit>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/fault_store.h"
#include "store/memory_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

class StoreCallsTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = *LocalStore::Open(directory_.path());
    store_ = std::make_shared<FaultStore>(*base_);
    database_ = Reopen(store_);
    ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(CreateTable(t, "a"));
      return Insert(t, "a", 1);
    }));
  }

  std::unique_ptr<Database> Reopen(std::shared_ptr<ObjectStore> store) {
    return *Database::Open(std::move(store), {.create_if_missing = true});
  }

  // Calls of one kind since the last ResetCounts, by name, without those that are 0.
  static std::map<std::string, uint64_t> CallsOf(const FaultStore& store) {
    std::map<std::string, uint64_t> calls;
    for (size_t i = 0; i < kStoreCallCount; ++i) {
      const auto call = static_cast<StoreCall>(i);
      if (store.CallCount(call) > 0) calls.emplace(StoreCallName(call), store.CallCount(call));
    }
    return calls;
  }
  std::map<std::string, uint64_t> Calls() const { return CallsOf(*store_); }

  const TemporaryDirectory directory_;
  std::unique_ptr<LocalStore> base_;
  std::shared_ptr<FaultStore> store_;
  std::unique_ptr<Database> database_;
};

using Expected = std::map<std::string, uint64_t>;

TEST_F(StoreCallsTest, DeletingOneRowIsOneAppendAndOneSync) {
  ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) { return Insert(t, "a", 2); }));
  store_->ResetCounts();
  ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) { return Delete(t, "a", 0); }));
  EXPECT_EQ(Calls(), (Expected{{"append", 1}, {"size_bytes", 1}, {"sync", 1}}));
}

TEST_F(StoreCallsTest, ReadingWhatThisProcessWroteCallsNothing) {
  store_->ResetCounts();
  for (uint64_t i = 0; i < 3; ++i) ICEFALL_ASSERT_OK(ReadContents(*database_));
  EXPECT_EQ(Calls(), Expected{});
}

TEST_F(StoreCallsTest, ReadingAgainCallsNothing) {
  const auto other = Reopen(store_);
  ICEFALL_ASSERT_OK(ReadContents(*other));
  store_->ResetCounts();
  ICEFALL_ASSERT_OK(ReadContents(*other));
  EXPECT_EQ(Calls(), Expected{});
}

TEST_F(StoreCallsTest, AnotherWritersCommitIsOneRead) {
  const auto other = Reopen(store_);
  ICEFALL_ASSERT_OK(ReadContents(*other));
  ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) { return Insert(t, "a", 2); }));
  store_->ResetCounts();
  EXPECT_EQ(*ReadContents(*other), (Contents{{"a", 2}}));
  // Catalog: its segment and the one that may follow; table: the same, and the new bytes.
  EXPECT_EQ(Calls(), (Expected{{"stat", 4}, {"read", 1}}));
}

TEST_F(StoreCallsTest, OpeningDoesNotDependOnTheNumberOfCommits) {
  const auto open = [&](uint64_t commits) {
    MemoryStore base;
    const auto store = std::make_shared<FaultStore>(base);
    {
      auto database =
          *Database::Open(store, {.create_if_missing = true, .manifest_interval_bytes = 1024});
      EXPECT_TRUE(Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); }));
      // Deleted again, so that the state stays small and only the history grows.
      for (uint64_t i = 0; i < commits / 2; ++i) {
        EXPECT_TRUE(Commit(*database, [&](Transaction& t) { return Insert(t, "a", i); }));
        EXPECT_TRUE(Commit(*database, [&](Transaction& t) -> Result<void> {
          ChangeSet change = DeleteRow(i);
          change.inline_floor = i + 1;
          return t.Change(UuidOf(t, "a"), std::move(change));
        }));
      }
    }
    {
      // Whether the newest manifest has caught up with the log is a matter of luck; now it has not.
      auto database = *Database::Open(store, {.manifest_interval_bytes = UINT64_MAX});
      EXPECT_TRUE(Commit(*database, [&](Transaction& t) { return Insert(t, "a", 1); }));
    }
    store->ResetCounts();
    auto database = *Database::Open(store, {});
    EXPECT_EQ(*ReadContents(*database), (Contents{{"a", 1}}));
    const auto size = [&](StoreCall call) { return store->CallCount(call); };
    return std::vector<uint64_t>{size(StoreCall::kRead), size(StoreCall::kReadToEnd),
                                 size(StoreCall::kStat), size(StoreCall::kList)};
  };
  EXPECT_EQ(open(10), open(10000));
}

TEST_F(StoreCallsTest, OpeningThePastReadsFewManifestsAndOneStretchOfLog) {
  MemoryStore base;
  const auto store = std::make_shared<FaultStore>(base);
  DatabaseSequence middle;
  uint64_t rows = 0;
  constexpr uint64_t kCommits = 2000;
  {
    auto database =
        *Database::Open(store, {.create_if_missing = true, .manifest_interval_bytes = 1024});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); }));
    for (uint64_t i = 0; i < kCommits; ++i) {
      const auto committed = Commit(*database, [&](Transaction& t) -> Result<void> {
        ICEFALL_RETURN_IF_ERROR(Insert(t, "a", i));
        if (i < 2) return {};
        ChangeSet change = DeleteRow(i - 2);
        change.inline_floor = i - 1;
        return t.Change(UuidOf(t, "a"), std::move(change));
      });
      ICEFALL_ASSERT_OK(committed);
      if (i == kCommits / 2) middle = committed->database_sequence;
    }
    rows = ReadContents(*database)->at("a");
  }
  const auto manifests = ListManifests(base, "a")->size();
  ASSERT_GT(manifests, 32);
  auto database = *Database::Open(store, {});
  ICEFALL_ASSERT_OK(ReadContents(*database));
  const auto read_past = [&] {
    auto past = *database->BeginAt({.sequence = middle});
    const auto table = past->Table(UuidOf(*past, "a"));
    ICEFALL_ASSERT_OK(table);
    EXPECT_EQ((*table)->live_row_count, rows);
    EXPECT_EQ((*table)->sequence.value, kCommits / 2 + 2);
  };
  store->ResetCounts();
  read_past();
  // The catalog has no manifest; the table's are searched by halves. Listed twice: what is read is
  // pinned, and then looked at again, for gc may have been faster.
  EXPECT_LE(store->CallCount(StoreCall::kRead) + store->CallCount(StoreCall::kReadToEnd),
            3 + std::bit_width(manifests));
  EXPECT_EQ(store->CallCount(StoreCall::kList), 2);
  store->ResetCounts();
  read_past();
  EXPECT_EQ(CallsOf(*store), (Expected{{"list", 1}}));
}

}  // namespace
}  // namespace icefall
