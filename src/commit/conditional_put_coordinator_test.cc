#include "commit/conditional_put_coordinator.h"

#include <gtest/gtest.h>

#include "log/icefall/file_names.h"
#include "store/fault_store.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

constexpr int64_t kRequestMicros = 50'000;

// Adds the next line to a log of its own, which nobody else changes.
class LinePlan : public CommitPlan {
 public:
  explicit LinePlan(Sequence line) : line_(line) {}
  Result<CommitBatch> Prepare(const CommitTurn& /*turn*/) override {
    return CommitBatch{.steps = {{{SegmentKey("mine", line_), 0, "{}\n", true}}}};
  }
  void Staged() override {}
  void Published() override {}
  void Withdrawn() override {}

 private:
  const Sequence line_;
};

// Every request of the writer takes as long by its clock, and a rival may be before it.
class ConditionalPutCoordinatorTest : public testing::Test {
 protected:
  ConditionalPutCoordinatorTest() {
    counted_->SetPlan([this](const StoreCallInfo& info) {
      clock_.AdvanceMicros(kRequestMicros);
      if (info.call == StoreCall::kPut && is_rival_faster_) CommitAsRival(0);
      return Fault::None();
    });
    coordinator_ = MakeConditionalPutCoordinator(store_, clock_, {.pause = [this](int64_t micros) {
                                                   paused_micros_ += micros;
                                                   clock_.AdvanceMicros(micros);
                                                 }});
  }

  void CommitAsRival(uint64_t waited) {
    const auto known = rival_.Refresh();
    ASSERT_TRUE(known) << known.error().message();
    const auto done =
        rival_.Append({known->sequence.Next(), clock_.NowMicros(), waited},
                      {{SegmentKey("rival", Sequence(++rival_lines_)), 0, "{}\n", true}});
    ASSERT_TRUE(done.value());
    if (rival_.OwesHead()) {
      ASSERT_TRUE(rival_.WriteHead());
    }
  }

  Result<void> Commit() {
    LinePlan plan(Sequence(++lines_));
    return coordinator_->Commit(plan);
  }

  uint64_t Newest() { return rival_.Refresh()->sequence.value; }

  ManualClock clock_{1'000'000'000};
  std::shared_ptr<MemoryStore> base_ = std::make_shared<MemoryStore>();
  std::shared_ptr<FaultStore> counted_ = std::make_shared<FaultStore>(*base_);
  CommitObjectStore store_{counted_, clock_};
  CommitObjectStore rival_{base_, clock_};
  std::unique_ptr<CommitCoordinator> coordinator_;
  bool is_rival_faster_ = false;
  uint64_t rival_lines_ = 0;
  uint64_t lines_ = 0;
  int64_t paused_micros_ = 0;
};

TEST_F(ConditionalPutCoordinatorTest, AloneACommitIsOneRequest) {
  ASSERT_TRUE(Commit());
  counted_->ResetCounts();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Commit());
  EXPECT_EQ(counted_->CallCount(), 10U);
  EXPECT_EQ(counted_->CallCount(StoreCall::kPut), 10U);
  EXPECT_EQ(paused_micros_, 0);
  EXPECT_EQ(store_.Known().waited, 0U);
}

TEST_F(ConditionalPutCoordinatorTest, AfterALossItReadsWhatWasFaster) {
  ASSERT_TRUE(Commit());
  CommitAsRival(0);
  counted_->ResetCounts();
  ASSERT_TRUE(Commit());
  EXPECT_EQ(counted_->CallCount(StoreCall::kPut), 2U);
  EXPECT_EQ(counted_->CallCount(StoreCall::kList), 0U);
  EXPECT_GE(counted_->CallCount(StoreCall::kReadToEnd), 1U);
  EXPECT_EQ(store_.Known().sequence, DatabaseSequence(3));
  EXPECT_EQ(store_.Known().waited, 1U) << "others see that somebody had to wait";
}

TEST_F(ConditionalPutCoordinatorTest, ALongTransactionLosesOneRaceAndNotManyOnes) {
  for (const int64_t since : {0, 60'000'000}) {
    ASSERT_TRUE(Commit());
    for (int i = 0; i < 200; ++i) CommitAsRival(0);
    clock_.AdvanceMicros(since);
    counted_->ResetCounts();
    ASSERT_TRUE(Commit());
    EXPECT_LE(counted_->CallCount(StoreCall::kPut), since == 0 ? 3U : 2U);
    EXPECT_LE(counted_->CallCount(), 20U);
  }
}

TEST_F(ConditionalPutCoordinatorTest, LetsThoseBeforeItTryFirst) {
  ASSERT_TRUE(Commit());
  CommitAsRival(30);
  ASSERT_TRUE(coordinator_->LookUp());
  counted_->ResetCounts();
  ASSERT_TRUE(Commit());
  EXPECT_GT(paused_micros_, 10 * kRequestMicros);
  EXPECT_EQ(counted_->CallCount(StoreCall::kPut), 1U);
  EXPECT_EQ(store_.Known().waited, 0U) << "nobody came: there is no line any more";
  counted_->ResetCounts();
  ASSERT_TRUE(Commit());
  EXPECT_EQ(counted_->CallCount(), 1U);
}

TEST_F(ConditionalPutCoordinatorTest, DoesNotWaitForALineOfLongAgo) {
  ASSERT_TRUE(Commit());
  CommitAsRival(30);
  ASSERT_TRUE(coordinator_->LookUp());
  clock_.AdvanceMicros(60'000'000);
  counted_->ResetCounts();
  ASSERT_TRUE(Commit());
  EXPECT_EQ(counted_->CallCount(), 1U);
  EXPECT_EQ(paused_micros_, 0);
}

TEST_F(ConditionalPutCoordinatorTest, SaysSoWhenARivalNeverLetsItBy) {
  ASSERT_TRUE(Commit());
  const uint64_t before = Newest();
  is_rival_faster_ = true;
  const auto done = Commit();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(Newest(), before + 1000);
  is_rival_faster_ = false;
  --lines_;
  ASSERT_TRUE(Commit());
}

}  // namespace
}  // namespace icefall
