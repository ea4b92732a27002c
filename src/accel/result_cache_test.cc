#include "accel/result_cache.h"

#include <gtest/gtest.h>

#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

class ResultCacheTest : public testing::Test {
 protected:
  ResultCacheTest()
      : database_(*Database::Open(directory_.path(), {.create_if_missing = true})),
        cache_(database_) {
    auto transaction = *database_->Begin();
    uuid_ = *transaction->CreateTable({"main", "t"}, EmptySnapshot("", SampleSchema()));
    other_ = *transaction->CreateTable({"main", "o"}, EmptySnapshot("", SampleSchema()));
    EXPECT_TRUE(transaction->Commit());
  }

  void Insert(Database& database, const std::string& uuid) {
    auto transaction = *database.Begin();
    const auto table = *transaction->Table(uuid);
    EXPECT_TRUE(transaction->Change(uuid, InsertRow(*table, 1)));
    EXPECT_TRUE(transaction->Commit());
  }
  ReadState StateOf(const std::string& uuid) {
    auto transaction = *database_->Begin();
    return {(*transaction->Catalog())->sequence, {{uuid, (*transaction->Table(uuid))->sequence}}};
  }

  TemporaryDirectory directory_;
  std::shared_ptr<Database> database_;
  ResultCache cache_;
  std::string uuid_;
  std::string other_;
};

TEST_F(ResultCacheTest, AnswersUntilTheTableChanges) {
  EXPECT_EQ(cache_.Find("q", "c"), nullptr);
  const auto put = cache_.Put({"q", "c"}, StateOf(uuid_), nullptr, 10);
  ASSERT_NE(put, nullptr);
  EXPECT_EQ(cache_.Find("q", "c"), put);
  EXPECT_EQ(cache_.Find("q", "d"), nullptr);
  Insert(*database_, other_);
  EXPECT_EQ(cache_.Find("q", "c"), put) << "another table changed";
  EXPECT_EQ(put->hits, 2U);
  Insert(*database_, uuid_);
  EXPECT_EQ(cache_.Find("q", "c"), nullptr);
  const auto counters = cache_.counters();
  EXPECT_EQ(counters.hits, 2U);
  EXPECT_EQ(counters.stale, 1U);
  EXPECT_EQ(counters.entries, 0U);
  EXPECT_EQ(counters.size_bytes, 0U);
}

TEST_F(ResultCacheTest, SeesCommitsThatAnotherDatabaseObjectMakes) {
  const auto put = cache_.Put({"q", "c"}, StateOf(uuid_), nullptr, 10);
  EXPECT_EQ(cache_.Find("q", "c"), put);
  const auto other_process = *Database::Open(directory_.path(), {});
  Insert(*other_process, uuid_);
  EXPECT_EQ(cache_.Find("q", "c"), nullptr);
}

TEST_F(ResultCacheTest, ForgetsWhenNamesChange) {
  cache_.Put({"q", "c"}, StateOf(uuid_), nullptr, 10);
  auto transaction = *database_->Begin();
  ASSERT_TRUE(transaction->DropObject(other_));
  ASSERT_TRUE(transaction->Commit());
  EXPECT_EQ(cache_.Find("q", "c"), nullptr);
}

TEST_F(ResultCacheTest, DropsTheLeastRecentlyUsedForTheBudget) {
  const auto state = StateOf(uuid_);
  cache_.SetBudget(3500);
  for (const char* name : {"a", "b", "c"}) cache_.Put({name, ""}, state, nullptr, 500);
  EXPECT_NE(cache_.Find("a", ""), nullptr);
  cache_.Put({"d", ""}, state, nullptr, 500);
  EXPECT_EQ(cache_.Find("b", ""), nullptr);
  EXPECT_NE(cache_.Find("a", ""), nullptr);
  EXPECT_NE(cache_.Find("d", ""), nullptr);
  EXPECT_LE(cache_.counters().size_bytes, 3500U);
  EXPECT_EQ(cache_.counters().evicted, 1U);
  EXPECT_EQ(cache_.Put({"large", ""}, state, nullptr, 5000), nullptr);
  cache_.SetBudget(0);
  EXPECT_EQ(cache_.Entries().size(), 0U);
  EXPECT_EQ(cache_.Put({"a", ""}, state, nullptr, 0), nullptr);
}

TEST_F(ResultCacheTest, TakesTheLaterAnswerAndGivesItAnotherId) {
  const auto first = cache_.Put({"q", ""}, StateOf(uuid_), nullptr, 10);
  Insert(*database_, uuid_);
  const auto second = cache_.Put({"q", ""}, StateOf(uuid_), nullptr, 10);
  EXPECT_NE(first->id, second->id);
  EXPECT_EQ(cache_.Find("q", ""), second);
  EXPECT_EQ(cache_.counters().entries, 1U);
}

TEST_F(ResultCacheTest, SharesFilesWhileTheyAreCurrent) {
  const auto state = StateOf(uuid_);
  EXPECT_TRUE(cache_.Save({"q", "c"}, state, "arrow"));
  ResultCache other(*Database::Open(directory_.path(), {}));
  const auto stored = other.FindStored({"q", "c"});
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->rows, "arrow");
  EXPECT_EQ(stored->state, state);
  Insert(*database_, uuid_);
  EXPECT_FALSE(other.FindStored({"q", "c"}));
  EXPECT_EQ(other.files().usage().files, 0U);
  other.SetBudget(0);
  EXPECT_TRUE(cache_.Save({"q", "c"}, StateOf(uuid_), "arrow"));
  EXPECT_FALSE(other.FindStored({"q", "c"}));
  cache_.Clear();
  EXPECT_EQ(cache_.files().usage().files, 0U);
}

}  // namespace
}  // namespace icefall
