#include "base/parallel.h"

#include <atomic>
#include <latch>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(ForEachInParallel, CallsOnceForEachNumber) {
  for (const size_t thread_count_max : {0, 1, 3, 100}) {
    std::vector<std::atomic<int>> calls(50);
    EXPECT_TRUE(ForEachInParallel(calls.size(), thread_count_max, [&](size_t i) -> Result<void> {
                  ++calls[i];
                  return {};
                }).has_value());
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  EXPECT_TRUE(ForEachInParallel(0, 4, [](size_t) -> Result<void> {
                return Fail(ErrorCode::kInternal, "called for nothing");
              }).has_value());
}

TEST(ForEachInParallel, CallsAtOnceFromAsManyThreadsAsItMay) {
  std::latch all_are_there(3);
  EXPECT_TRUE(ForEachInParallel(3, 3, [&](size_t) -> Result<void> {
                all_are_there.arrive_and_wait();  // for ever, if fewer than three ran at once
                return {};
              }).has_value());
}

TEST(ForEachInParallel, BeginsNothingAfterAnError) {
  std::atomic<int> calls = 0;
  const auto result = ForEachInParallel(1000, 1, [&](size_t i) -> Result<void> {
    ++calls;
    if (i == 4) return Fail(ErrorCode::kUnavailable, "the fifth");
    return {};
  });
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message(), "the fifth");
  EXPECT_EQ(calls, 5);
}

}  // namespace
}  // namespace icefall
