#include "icedb/log_merge_policy.h"

#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

// Appends until a merge is tried; how many that took.
uint64_t AppendsUntilTry(LogMergePolicy& policy, uint64_t after) {
  for (uint64_t count = 1; count < 10 * after; ++count) {
    policy.NoteAppend();
    if (policy.IsDue() && policy.Start(after)) return count;
  }
  return 0;
}

TEST(LogMergePolicyTest, OptionsAreAskedForOnceThenWhenItIsTime) {
  LogMergePolicy policy;
  EXPECT_TRUE(policy.IsDue());
  EXPECT_FALSE(policy.Start(8));
  EXPECT_FALSE(policy.IsDue());
  const uint64_t count = AppendsUntilTry(policy, 8);
  EXPECT_GE(count, 8);
  EXPECT_LE(count, 10);
}

TEST(LogMergePolicyTest, ATryThatChangedNothingIsNotRepeatedAtOnce) {
  LogMergePolicy policy;
  policy.NoteState(100);
  ASSERT_TRUE(policy.Start(8));
  policy.NoteState(101);
  EXPECT_FALSE(policy.IsDue());
  EXPECT_GE(AppendsUntilTry(policy, 8), 7);
}

TEST(LogMergePolicyTest, FewerLogFilesBeginANewCount) {
  LogMergePolicy policy;
  policy.NoteState(100);
  ASSERT_TRUE(policy.Start(8));
  policy.NoteState(1);
  const uint64_t count = AppendsUntilTry(policy, 8);
  EXPECT_GE(count, 7);
  EXPECT_LE(count, 9);
}

TEST(LogMergePolicyTest, AChangedOptionIsAskedForAgain) {
  LogMergePolicy policy;
  ASSERT_FALSE(policy.Start(0));
  EXPECT_FALSE(policy.IsDue());
  policy.ForgetOption();
  ASSERT_TRUE(policy.IsDue());
  EXPECT_FALSE(policy.Start(8));
  EXPECT_GE(AppendsUntilTry(policy, 8), 8);
}

TEST(LogMergePolicyTest, OffIsOff) {
  LogMergePolicy policy;
  policy.NoteState(1000);
  EXPECT_FALSE(policy.Start(0));
  policy.NoteAppend();
  EXPECT_FALSE(policy.IsDue());
}

}  // namespace
}  // namespace icefall::icedb
