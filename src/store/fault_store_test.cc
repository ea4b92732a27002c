#include "store/fault_store.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_store.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error().code()));
}

class FaultStoreTest : public ::testing::Test {
 protected:
  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes) {
    return store_.Put(key, bytes, PutCondition::Always());
  }
  // What the base holds, or "<error name>".
  std::string Get(const ObjectKey& key) {
    const Result<std::string> bytes = base_.ReadToEnd(key, 0);
    return bytes ? *bytes : "<" + Outcome(bytes) + ">";
  }

  MemoryStore base_;
  FaultStore store_{base_};
};

TEST_F(FaultStoreTest, CountsCallsByKind) {
  ASSERT_TRUE(Put("a", "1").has_value());
  EXPECT_EQ(Outcome(store_.Stat("none")), "not_found");
  auto appender = *store_.OpenAppender("log");
  ASSERT_TRUE(appender->Append("x").has_value());
  ASSERT_TRUE(appender->Append("y").has_value());
  ASSERT_TRUE(appender->Sync().has_value());
  EXPECT_EQ(store_.CallCount(StoreCall::kPut), 1u);
  EXPECT_EQ(store_.CallCount(StoreCall::kStat), 1u);
  EXPECT_EQ(store_.CallCount(StoreCall::kAppend), 2u);
  EXPECT_EQ(store_.CallCount(StoreCall::kSync), 1u);
  EXPECT_EQ(store_.CallCount(StoreCall::kSizeBytes), 0u) << "its own bookkeeping does not count";
  EXPECT_EQ(store_.CallCount(), 6u);
  store_.ResetCounts();
  EXPECT_EQ(store_.CallCount(), 0u);
  EXPECT_EQ(store_.CallCount(StoreCall::kPut), 0u);
}

TEST_F(FaultStoreTest, EveryCallHasAName) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kStoreCallCount; ++i) {
    names.insert(StoreCallName(static_cast<StoreCall>(i)));
  }
  EXPECT_EQ(names.size(), kStoreCallCount);
  EXPECT_EQ(StoreCallName(StoreCall::kTruncate), "truncate");
}

TEST_F(FaultStoreTest, FailBeforeHasNoEffect) {
  store_.SetPlan(FaultAtCall(StoreCall::kPut, 2, Fault::FailBefore(ErrorCode::kUnavailable)));
  EXPECT_EQ(Outcome(Put("a", "1")), "ok");
  const auto put = Put("a", "2");
  EXPECT_EQ(Outcome(put), "unavailable");
  EXPECT_THAT(put.error().message(), HasSubstr("fault:memory/a: put: injected fault"));
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Outcome(Put("a", "3")), "ok");
}

TEST_F(FaultStoreTest, FailAfterTakesEffect) {
  store_.SetPlan(FaultAtCall(1, Fault::FailAfter()));
  EXPECT_EQ(Outcome(Put("a", "1")), "outcome_unknown");
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(FaultStoreTest, ACallThatFailsByItselfKeepsItsError) {
  store_.SetPlan(FaultAtCall(1, Fault::FailAfter()));
  EXPECT_EQ(Outcome(store_.Stat("none")), "not_found");
}

TEST_F(FaultStoreTest, ThePlanSeesCallKeyAndNumbers) {
  std::vector<std::string> seen;
  store_.SetPlan([&](const StoreCallInfo& info) {
    seen.push_back(std::string(StoreCallName(info.call)) + " " + info.key + " " +
                   std::to_string(info.number) + " " + std::to_string(info.number_of_kind));
    return Fault::None();
  });
  ASSERT_TRUE(Put("a", "1").has_value());
  ASSERT_TRUE(store_.List({.prefix = "p/"}).has_value());
  ASSERT_TRUE(Put("b", "1").has_value());
  ASSERT_TRUE(store_.Persist({"b", "a"}).has_value());
  EXPECT_THAT(seen,
              ::testing::ElementsAre("put a 1 1", "list p/ 2 1", "put b 3 2", "persist b 4 1"));
}

TEST_F(FaultStoreTest, ThePlanMayActAsARival) {
  const ObjectVersion version = *Put("a", "1");
  store_.SetPlan([&](const StoreCallInfo&) {
    EXPECT_TRUE(base_.Put("a", "rival", PutCondition::Always()).has_value());
    return Fault::None();
  });
  EXPECT_EQ(Outcome(store_.Put("a", "2", PutCondition::IfMatches(version))), "conflict");
}

TEST_F(FaultStoreTest, ATornAppendWritesItsFirstBytes) {
  auto appender = *store_.OpenAppender("log");
  store_.SetPlan(FaultAtCall(StoreCall::kAppend, 1, Fault::Torn(3)));
  EXPECT_EQ(Outcome(appender->Append("line\n")), "resource_exhausted");
  EXPECT_EQ(Get("log"), "lin");
  store_.SetPlan([](const StoreCallInfo&) { return Fault::Torn(3); });
  EXPECT_EQ(Outcome(Put("a", "1")), "resource_exhausted");
  EXPECT_EQ(Get("a"), "<not_found>") << "a put is whole or nothing";
}

TEST_F(FaultStoreTest, NothingHappensAfterACrash) {
  auto appender = *store_.OpenAppender("log");
  ASSERT_TRUE(Put("a", "1").has_value());
  store_.SetPlan(FaultAtCall(StoreCall::kPut, 2, Fault::CrashBefore()));
  EXPECT_FALSE(store_.crashed());
  EXPECT_EQ(Outcome(Put("a", "2")), "unavailable");
  EXPECT_TRUE(store_.crashed());
  EXPECT_EQ(Outcome(Put("b", "3")), "unavailable");
  EXPECT_EQ(Outcome(store_.Delete("a")), "unavailable");
  EXPECT_EQ(Outcome(store_.Stat("a")), "unavailable");
  EXPECT_EQ(Outcome(appender->Append("x")), "unavailable");
  EXPECT_EQ(Outcome(appender->Truncate(0)), "unavailable");
  EXPECT_THAT(store_.Stat("a").error().message(), HasSubstr("crashed"));
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Get("b"), "<not_found>");
  EXPECT_EQ(Get("log"), "");
}

TEST_F(FaultStoreTest, ACrashAfterOrWithinTheCall) {
  store_.SetPlan(FaultAtCall(1, Fault::CrashAfter()));
  EXPECT_EQ(Outcome(Put("a", "1")), "unavailable");
  EXPECT_EQ(Get("a"), "1");

  FaultStore second(base_, FaultAtCall(StoreCall::kAppend, 1, Fault::CrashTorn(2)));
  auto appender = *second.OpenAppender("log");
  EXPECT_EQ(Outcome(appender->Append("line\n")), "unavailable");
  EXPECT_TRUE(second.crashed());
  EXPECT_EQ(Get("log"), "li");
}

TEST_F(FaultStoreTest, APowerLossTakesWhatWasNotSynced) {
  ASSERT_TRUE(base_.Put("log", "old\n", PutCondition::Always()).has_value());
  auto log = *store_.OpenAppender("log");
  auto other = *store_.OpenAppender("other");
  ASSERT_TRUE(log->Append("synced\n").has_value());
  ASSERT_TRUE(log->Sync().has_value());
  ASSERT_TRUE(log->Append("lost\n").has_value());
  ASSERT_TRUE(other->Append("lost too\n").has_value());
  ASSERT_TRUE(Put("a", "durable on return").has_value());
  store_.SetPlan(FaultAtCall(StoreCall::kSync, 2, Fault::PowerLossBefore()));
  EXPECT_EQ(Outcome(log->Sync()), "unavailable");
  EXPECT_EQ(Get("log"), "old\nsynced\n");
  EXPECT_EQ(Get("other"), "");
  EXPECT_EQ(Get("a"), "durable on return");
}

}  // namespace
}  // namespace icefall
