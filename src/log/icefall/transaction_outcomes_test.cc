#include "log/icefall/transaction_outcomes.h"

#include <gtest/gtest.h>

#include "log/icefall/file_names.h"
#include "store/fault_store.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

constexpr char kId[] = "019aa4bb-c340-7000-acf8-948dfd081768";

TEST(TransactionOutcomesTest, IsLookedUpOnceWhenSettled) {
  MemoryStore base;
  FaultStore store(base);
  TransactionOutcomes outcomes(store);
  EXPECT_FALSE((*outcomes.Find(kId)).has_value());
  ASSERT_TRUE(base.Put(TransactionKey(kId), EncodeOutcome(TransactionOutcome::kCommitted),
                       PutCondition::IfAbsent()));
  EXPECT_EQ(**outcomes.Find(kId), TransactionOutcome::kCommitted);
  store.ResetCounts();
  EXPECT_EQ(**outcomes.Find(kId), TransactionOutcome::kCommitted);
  EXPECT_EQ(*outcomes.Settle(kId), TransactionOutcome::kCommitted);
  EXPECT_EQ(store.CallCount(), 0);
}

TEST(TransactionOutcomesTest, SettlingAbortsWhatHasNoOutcome) {
  MemoryStore store;
  EXPECT_EQ(*TransactionOutcomes(store).Settle(kId), TransactionOutcome::kAborted);
  EXPECT_EQ(**TransactionOutcomes(store).Find(kId), TransactionOutcome::kAborted);
}

TEST(TransactionOutcomesTest, SettlingLosesToACommitInBetween) {
  MemoryStore base;
  FaultStore store(base, [&](const StoreCallInfo& info) {
    if (info.call == StoreCall::kPut) {
      EXPECT_TRUE(base.Put(TransactionKey(kId), EncodeOutcome(TransactionOutcome::kCommitted),
                           PutCondition::IfAbsent()));
    }
    return Fault::None();
  });
  EXPECT_EQ(*TransactionOutcomes(store).Settle(kId), TransactionOutcome::kCommitted);
}

TEST(TransactionOutcomesTest, RefusesOtherFiles) {
  for (const char* text : {"", "{}", R"({"format_version":1,"outcome":"maybe"})",
                           R"({"format_version":1,"outcome":1})"}) {
    EXPECT_EQ(DecodeOutcome(text).error().code(), ErrorCode::kCorruption) << text;
  }
  EXPECT_EQ(DecodeOutcome(R"({"format_version":2,"outcome":"commit"})").error().code(),
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefall
