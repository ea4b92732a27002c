#include "icedb/log_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/fault_store.h"
#include "store/memory_store.h"

namespace icefall::icedb {
namespace {

using ::testing::HasSubstr;

class LogReaderTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, const LogFile& log) {
    ASSERT_TRUE(base_.Put("p/_log/" + name, EncodeLogFile(log).value(), PutCondition::Always()));
  }

  MemoryStore base_;
  FaultStore store_{base_};
  LogReader reader_{store_, "p"};
};

TEST_F(LogReaderTest, ATableWithoutLogsIsEmpty) {
  const auto state = reader_.Read();
  ASSERT_TRUE(state);
  EXPECT_TRUE((*state)->logs().empty());
}

TEST_F(LogReaderTest, LogsComeByTimeWhateverTheirDigits) {
  Put("10_h.jsonl", {.files = {{"a", 1, 1, 10}}});
  Put("9_h.jsonl", {.files = {{"a", 1, 1, {}}}});
  const auto state = reader_.Read();
  ASSERT_TRUE(state);
  EXPECT_FALSE((*state)->Find("a")->marker.is_alive());
  EXPECT_TRUE((*reader_.Read(10))->Find("a")->marker.is_alive());
  EXPECT_TRUE((*reader_.Read(9))->logs().empty());
}

TEST_F(LogReaderTest, WhatWasReadIsNotReadAgainUnlessItChanged) {
  Put("1_h.jsonl", {.files = {{"a", 1, 1, {}}}});
  Put("2_m_h.jsonl", {.ms = 2, .id = "reserved"});
  const auto before = reader_.Read();
  store_.ResetCounts();
  EXPECT_EQ(reader_.Read().value(), before.value());
  EXPECT_EQ(store_.CallCount(), 1);
  Put("2_m_h.jsonl", {.ms = 2, .files = {{"a", 1, 1, 2}}});
  store_.ResetCounts();
  EXPECT_FALSE((*reader_.Read())->Find("a")->marker.is_alive());
  EXPECT_EQ(store_.CallCount(), 2);
}

// Where each reading fails once, a log of many files is read all the same, and no file twice.
TEST_F(LogReaderTest, WhatCameBeforeAFailureIsKept) {
  constexpr uint64_t kCount = 200;
  for (uint64_t i = 0; i < kCount; ++i) {
    Put(std::to_string(i) + "_h.jsonl", {.files = {{std::to_string(i), 1, 1, {}}}});
  }
  uint64_t failed = 0;
  uint64_t call_count = 0;
  for (;; ++failed) {
    store_.ResetCounts();
    store_.SetPlan(
        FaultAtCall(StoreCall::kReadToEnd, 50, Fault::FailBefore(ErrorCode::kUnavailable)));
    const auto state = reader_.Read();
    call_count += store_.CallCount();
    if (state.has_value()) {
      EXPECT_EQ((*state)->files().size(), kCount);
      break;
    }
    ASSERT_EQ(state.error().code(), ErrorCode::kUnavailable);
    ASSERT_LT(failed, 10);
  }
  // How many requests under way end beside the one that fails is a matter of time; each reading
  // lists once, each file comes once, and each failure is a request of its own.
  EXPECT_GE(failed, 1);
  EXPECT_EQ(call_count, (failed + 1) + kCount + failed);
}

TEST_F(LogReaderTest, DamageNamesFileAndLine) {
  Put("1_h.jsonl", {});
  ASSERT_TRUE(base_.Put("p/_log/2_h.jsonl", "{\"v\":1}", PutCondition::Always()));
  const auto state = reader_.Read();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(state.error().message(), HasSubstr("p/_log/2_h.jsonl, line 1"));
}

TEST_F(LogReaderTest, SomeLogsByName) {
  Put("1_h.jsonl", {.files = {{"a", 1, 1, {}}}});
  Put("2_h.jsonl", {.files = {{"b", 1, 1, {}}}});
  const auto state = reader_.ReadOnly({"p/_log/2_h.jsonl"});
  ASSERT_TRUE(state);
  EXPECT_EQ((*state)->files().size(), 1);
  EXPECT_EQ(reader_.ReadOnly({"p/_log/3_h.jsonl"}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(reader_.ReadOnly({"p/_log/x"}).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace icefall::icedb
