#include "maintenance/purge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/fault_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

class PurgeTest : public testing::Test {
 protected:
  // Makes table t with a row.
  static void Create(Database& database) {
    ICEFALL_ASSERT_OK(Commit(database, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(CreateTable(t, "t"));
      return Insert(t, "t", 1);
    }));
  }

  // Drops table t; answers how to purge it.
  static PurgePlan Drop(Database& database) {
    const auto plan = PlanPurge(database, {"main", "t"});
    EXPECT_TRUE(plan);
    EXPECT_TRUE(
        Commit(database, [](Transaction& t) { return t.DropObject(UuidOf(t, "t")); }).has_value());
    return *plan;
  }

  const TemporaryDirectory directory_;
  std::unique_ptr<LocalStore> base_ = *LocalStore::Create(directory_.path());
  std::shared_ptr<FaultStore> store_ = std::make_shared<FaultStore>(*base_);
  std::unique_ptr<Database> database_ = *Database::Open(store_, {.create_if_missing = true});
};

TEST_F(PurgeTest, LeavesAMarkThatKeepsTheDirectory) {
  Create(*database_);
  const PurgePlan plan = Drop(*database_);
  EXPECT_GT(*Purge(*database_, plan), 0U);
  EXPECT_EQ(store_->List({.prefix = "t/"})->size(), 1U) << "the mark";
  EXPECT_EQ(*Purge(*database_, plan), 0U);
  Create(*database_);
  EXPECT_EQ(store_->List({.prefix = "t/"})->size(), 1U) << "no directory is used twice";
  EXPECT_EQ((*ReadContents(*database_))["t"], 1U);
}

TEST_F(PurgeTest, RefusesATableThatHasAName) {
  Create(*database_);
  const auto plan = PlanPurge(*database_, {"main", "t"});
  ASSERT_TRUE(plan);
  EXPECT_EQ(Purge(*database_, *plan).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(PlanPurge(*database_, {"main", "other"}).error().code(), ErrorCode::kNotFound);
}

// At every call another one purges the same and makes a table of the name.
TEST_F(PurgeTest, AnotherOneAndANewTableMayComeInBetween) {
  uint64_t call = 1;
  for (bool reached = true; reached; ++call) {
    SCOPED_TRACE(testing::Message() << "call " << call);
    Create(*database_);
    const PurgePlan plan = Drop(*database_);
    reached = false;
    store_->ResetCounts();
    store_->SetPlan([&](const StoreCallInfo& info) {
      if (info.number != call) return Fault::None();
      reached = true;
      const auto other = *Database::Open(directory_.path(), {});
      EXPECT_TRUE(Purge(*other, plan).has_value());
      Create(*other);
      return Fault::None();
    });
    EXPECT_TRUE(Purge(*database_, plan).has_value());
    store_->SetPlan(nullptr);
    if (!reached) break;
    const auto contents = ReadContents(*database_);
    ICEFALL_ASSERT_OK(contents);
    EXPECT_EQ((*contents).at("t"), 1U);
    ASSERT_THAT(VerifyDatabase(*base_, *database_), testing::IsEmpty());
    Drop(*database_);
  }
  EXPECT_GT(call, 3U) << "there were calls to come between";
}

}  // namespace
}  // namespace icefall
