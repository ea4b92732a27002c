#include "sql/accel/seen_numbers.h"

#include <limits>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

TEST(SeenNumbers, EachIsNewOnce) {
  for (const NumberRange range : {NumberRange{-3, 7}, NumberRange{kLowest, 63},
                                  NumberRange{kHighest - 64, 64}, NumberRange{0, 0}}) {
    SeenNumbers seen(duckdb::Allocator::DefaultAllocator(), range);
    for (const int64_t number : {int64_t{-3}, int64_t{0}, int64_t{4}, int64_t{5}, int64_t{-4},
                                 kLowest, kLowest + 63, kHighest, kHighest - 64}) {
      EXPECT_TRUE(seen.Mark(number)) << range.first << " " << number;
      EXPECT_FALSE(seen.Mark(number)) << range.first << " " << number;
    }
    EXPECT_TRUE(seen.MarkNull());
    EXPECT_FALSE(seen.MarkNull());
  }
}

TEST(SeenNumbers, AreCompleteWithTheLastOfTheRange) {
  for (const bool is_null_wanted : {false, true}) {
    SeenNumbers seen(duckdb::Allocator::DefaultAllocator(), {-1, 99, is_null_wanted});
    const auto mark = [&](int64_t number) { seen.CountNew(seen.Mark(number) ? 1 : 0); };
    for (int64_t number = -1; number < 98; ++number) mark(number);
    mark(0);
    mark(-2);
    mark(99);
    EXPECT_FALSE(seen.is_complete());
    if (is_null_wanted) {
      mark(98);
      EXPECT_FALSE(seen.is_complete());
      seen.CountNew(seen.MarkNull() ? 1 : 0);
    } else {
      seen.CountNew(seen.MarkNull() ? 1 : 0);
      EXPECT_FALSE(seen.is_complete());
      mark(98);
    }
    EXPECT_TRUE(seen.is_complete());
  }
}

TEST(SeenNumbers, ThreadsShareThem) {
  SeenNumbers seen(duckdb::Allocator::DefaultAllocator(), {0, 9'999});
  std::atomic<uint64_t> new_count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      uint64_t own_count = 0;
      for (int64_t number = 0; number < 11'000; ++number) own_count += seen.Mark(number) ? 1 : 0;
      own_count += seen.MarkNull() ? 1 : 0;
      seen.CountNew(own_count);
      new_count += own_count;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(new_count, 11'001);
  EXPECT_TRUE(seen.is_complete());
}

}  // namespace
}  // namespace icefall
