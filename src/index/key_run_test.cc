#include "index/key_run.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(KeyRun, SortsKeysOfAnyLength) {
  std::mt19937 random(3);
  for (const bool is_fixed : {true, false}) {
    KeyRun run;
    std::vector<std::pair<std::string, uint32_t>> expected;
    for (uint32_t i = 0; i < 2'000; ++i) {
      std::string key = "shared";
      const size_t size = is_fixed ? 9 : random() % 20;
      for (size_t k = 0; k < size; ++k) key += static_cast<char>(random() % 4 * 80);
      run.Add(key, i);
      expected.emplace_back(key, i);
    }
    std::ranges::sort(expected);
    run.Sort();
    ASSERT_EQ(run.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(run.key(i), expected[i].first);
      EXPECT_EQ(run.position(i), expected[i].second);
    }
    size_t from = 0;
    for (const auto& [key, position] : expected) {
      const auto first =
          std::ranges::lower_bound(expected, key, {}, [](const auto& e) { return e.first; });
      from = run.LowerBound(key, from);
      EXPECT_EQ(from, static_cast<size_t>(first - expected.begin()));
    }
    EXPECT_EQ(run.LowerBound("t"), run.size());
    EXPECT_EQ(run.LowerBound(""), 0U);
  }
}

TEST(KeyRun, KeepsTheOrderOfWhatComesSorted) {
  KeyRun run;
  run.Add("a", 9);
  run.Add("a", 8);
  run.Add("bb", 7);
  run.Sort();
  EXPECT_EQ(run.position(0), 9U);
  EXPECT_EQ(run.position(1), 8U);
  EXPECT_EQ(run.key(2), "bb");
}

}  // namespace
}  // namespace icefall
