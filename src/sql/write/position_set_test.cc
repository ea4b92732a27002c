#include "sql/write/position_set.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(PositionSetTest, TellsNewFromOld) {
  PositionSet set(200'000);
  EXPECT_TRUE(set.Add(0));
  EXPECT_TRUE(set.Add(199'999));
  EXPECT_FALSE(set.Add(0));
  EXPECT_TRUE(set.Contains(199'999));
  EXPECT_FALSE(set.Contains(70'000));
  EXPECT_EQ(set.ToDeletionVector().cardinality(), 2U);
}

TEST(PositionSetTest, BecomesADeletionVector) {
  PositionSet set(300'000);
  DeletionVector expected;
  for (uint64_t position = 0; position < 300'000; ++position) {
    // Whole runs, gaps and scattered positions.
    if (position < 100'000 || (position > 140'000 && position % 7 == 3)) {
      set.Add(position);
      expected.Add(position);
    }
  }
  EXPECT_EQ(set.ToDeletionVector(), expected);
  EXPECT_EQ(PositionSet(0).ToDeletionVector(), DeletionVector());
}

TEST(PositionSetTest, EveryPositionIsNewToOneThreadOnly) {
  constexpr uint64_t kLimit = 500'000;
  PositionSet set(kLimit);
  std::vector<uint64_t> fresh(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < fresh.size(); ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t position = 0; position < kLimit; ++position) fresh[t] += set.Add(position);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fresh[0] + fresh[1] + fresh[2] + fresh[3], kLimit);
  EXPECT_EQ(set.ToDeletionVector().cardinality(), kLimit);
}

TEST(DeletedPositionsTest, KeepsFragmentsApart) {
  DeletedPositions positions;
  EXPECT_EQ(positions.Find(3), nullptr);
  positions.Of(3, 10).Add(1);
  positions.Of(1, 20).Add(2);
  const auto all = positions.All();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].first, 1U);
  EXPECT_EQ(all[1].first, 3U);
  EXPECT_TRUE(positions.Find(3)->Contains(1));
}

}  // namespace
}  // namespace icefall
