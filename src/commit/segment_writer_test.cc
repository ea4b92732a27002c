#include "commit/segment_writer.h"

#include <gtest/gtest.h>

#include "store/fault_store.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

class SegmentWriterTest : public testing::Test {
 protected:
  std::string Bytes(const ObjectKey& key) { return *base_.ReadToEnd(key, 0); }

  MemoryStore base_;
  FaultStore store_{base_};
  SegmentWriter writer_{store_};
};

TEST_F(SegmentWriterTest, CutsOffWhatStandsBehindTheEnd) {
  ASSERT_TRUE(writer_.Append({.key = "a", .bytes = "one\n"}));
  ASSERT_TRUE((*base_.OpenAppender("a"))->Append("torn"));
  ASSERT_TRUE(writer_.Append({.key = "a", .offset = 4, .bytes = "two\n"}));
  EXPECT_EQ(Bytes("a"), "one\ntwo\n");
}

TEST_F(SegmentWriterTest, FailedAppendLeavesNothingEvenWhenAllOfItWasWritten) {
  ASSERT_TRUE(writer_.Append({.key = "a", .bytes = "one\n"}));
  const Fault written{Fault::Effect::kWhole, Fault::Answer::kError, ErrorCode::kResourceExhausted};
  store_.SetPlan(FaultAtCall(StoreCall::kAppend, 2, written));
  const auto failed = writer_.Append({.key = "a", .offset = 4, .bytes = "two\n"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(Bytes("a"), "one\n");
}

TEST_F(SegmentWriterTest, AppendThatCannotBeTakenBackIsUnknown) {
  ASSERT_TRUE(writer_.Append({.key = "a", .bytes = "one\n"}));
  store_.SetPlan([](const StoreCallInfo& info) {
    const bool fails = info.call == StoreCall::kAppend || info.call == StoreCall::kTruncate;
    return fails ? Fault::FailBefore(ErrorCode::kUnavailable) : Fault::None();
  });
  EXPECT_EQ(writer_.Append({.key = "a", .offset = 4, .bytes = "two\n"}).error().code(),
            ErrorCode::kOutcomeUnknown);
}

TEST_F(SegmentWriterTest, NewAndShrunkObjectsAreChecked) {
  ASSERT_TRUE(writer_.Append({.key = "a", .bytes = "one\n"}));
  EXPECT_EQ(writer_.Append({.key = "a", .bytes = "x\n", .is_new = true}).error().code(),
            ErrorCode::kConflict);
  EXPECT_EQ(writer_.Append({.key = "a", .offset = 9, .bytes = "x\n"}).error().code(),
            ErrorCode::kCorruption);
  EXPECT_EQ(Bytes("a"), "one\n");
}

TEST_F(SegmentWriterTest, SyncsEachTouchedObjectOnce) {
  for (const char* key : {"a", "b"}) {
    ASSERT_TRUE(writer_.Append({.key = key, .bytes = "1\n"}));
    ASSERT_TRUE(writer_.Append({.key = key, .offset = 2, .bytes = "2\n"}));
  }
  ASSERT_TRUE(writer_.Sync());
  ASSERT_TRUE(writer_.Sync());
  EXPECT_EQ(store_.CallCount(StoreCall::kSync), 2);
}

TEST_F(SegmentWriterTest, SyncsWhatOthersAppended) {
  ASSERT_TRUE((*base_.OpenAppender("a"))->Append("one\n"));
  ASSERT_TRUE(writer_.SyncObject("a"));
  EXPECT_EQ(store_.CallCount(StoreCall::kSync), 1);
  store_.SetPlan(FaultAtCall(StoreCall::kSync, 2, Fault::FailBefore(ErrorCode::kUnavailable)));
  EXPECT_EQ(writer_.SyncObject("a").error().code(), ErrorCode::kOutcomeUnknown);
}

TEST_F(SegmentWriterTest, FailedRewriteLosesNothing) {
  ASSERT_TRUE(writer_.Append({.key = "a", .bytes = "one\ntwo\n"}));
  store_.SetPlan(
      FaultAtCall(StoreCall::kRewrite, 1, Fault::FailBefore(ErrorCode::kResourceExhausted)));
  EXPECT_FALSE(writer_.Rewrite("a", 4));
  EXPECT_EQ(Bytes("a"), "one\ntwo\n");
  EXPECT_TRUE(writer_.Rewrite("a", 4));
  EXPECT_EQ(Bytes("a"), "one\ntwo\n");
}

}  // namespace
}  // namespace icefall
