#include "format/deletion_vector.h"

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t k4G = uint64_t{1} << 32;

DeletionVector Of(const std::vector<uint64_t>& positions) {
  DeletionVector vector;
  vector.AddMany(positions);
  return vector;
}

std::vector<uint64_t> Positions(const DeletionVector& vector) {
  std::vector<uint64_t> positions;
  vector.ForEach([&](uint64_t position) {
    positions.push_back(position);
    return true;
  });
  return positions;
}

std::vector<uint32_t> Live(const DeletionVector& vector, uint64_t begin, uint64_t count) {
  // One value more than there is room for, to see a write past the end.
  constexpr uint32_t kGuard = 0xDEADBEEF;
  std::vector<uint32_t> kept(count + 1, kGuard);
  const uint64_t kept_count = vector.SelectLive(begin, count, kept.data());
  EXPECT_LE(kept_count, count);
  EXPECT_EQ(kept[count], kGuard);
  kept.resize(kept_count);
  return kept;
}

TEST(DeletionVector, StartsEmpty) {
  const DeletionVector vector;
  EXPECT_TRUE(vector.empty());
  EXPECT_EQ(vector.cardinality(), 0u);
  EXPECT_FALSE(vector.Contains(0));
  EXPECT_THAT(Positions(vector), IsEmpty());
  EXPECT_THAT(Live(vector, 7, 3), ElementsAre(0, 1, 2));
  EXPECT_EQ(vector.CardinalityInRange(0, UINT64_MAX), 0u);
}

TEST(DeletionVector, KeepsPositionsInOrderAcrossBuckets) {
  DeletionVector vector;
  for (const uint64_t position : {k4G + 7, uint64_t{5}, uint64_t{1}, UINT64_MAX, uint64_t{5}}) {
    vector.Add(position);
  }
  EXPECT_THAT(Positions(vector), ElementsAre(1, 5, k4G + 7, UINT64_MAX));
  EXPECT_EQ(vector.cardinality(), 4u);
  EXPECT_TRUE(vector.Contains(k4G + 7));
  EXPECT_FALSE(vector.Contains(7));
  EXPECT_EQ(vector, Of({UINT64_MAX, 1, 5, k4G + 7}));
}

TEST(DeletionVector, AddRangeIsHalfOpenAndCrossesBuckets) {
  DeletionVector vector;
  vector.AddRange(9, 9);
  vector.AddRange(9, 3);
  EXPECT_TRUE(vector.empty());
  vector.AddRange(k4G - 2, k4G + 3);
  EXPECT_THAT(Positions(vector), ElementsAre(k4G - 2, k4G - 1, k4G, k4G + 1, k4G + 2));
  EXPECT_EQ(vector.CardinalityInRange(k4G - 1, k4G + 1), 2u);
  EXPECT_THAT(Live(vector, k4G - 3, 7), ElementsAre(0, 6));
}

TEST(DeletionVector, HoldsAWholeBucket) {
  DeletionVector vector;
  vector.AddRange(0, k4G);
  EXPECT_EQ(vector.cardinality(), k4G);
  EXPECT_EQ(vector.CardinalityInRange(0, k4G), k4G);
  EXPECT_EQ(vector.CardinalityInRange(k4G - 1, 2 * k4G), 1u);
  EXPECT_THAT(Live(vector, k4G - 3, 5), ElementsAre(3, 4));
}

TEST(DeletionVector, ForEachStopsWhenTold) {
  const DeletionVector vector = Of({1, 2, 3, k4G, k4G + 1});
  std::vector<uint64_t> seen;
  vector.ForEach([&](uint64_t position) {
    seen.push_back(position);
    return position < 3;
  });
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
}

TEST(DeletionVector, UnionDifferenceAndIntersection) {
  const DeletionVector left = Of({1, 2, k4G + 1});
  const DeletionVector right = Of({2, 3, 5 * k4G});
  DeletionVector both = left;
  both |= right;
  EXPECT_THAT(Positions(both), ElementsAre(1, 2, 3, k4G + 1, 5 * k4G));
  DeletionVector only_left = left;
  only_left -= right;
  EXPECT_THAT(Positions(only_left), ElementsAre(1, k4G + 1));
  EXPECT_TRUE(left.Intersects(right));
  EXPECT_FALSE(only_left.Intersects(right));
  EXPECT_THAT(Positions(left), ElementsAre(1, 2, k4G + 1)) << "copies must be deep";
}

TEST(DeletionVector, SubtractingEverythingLeavesAnEmptyVector) {
  DeletionVector vector = Of({1, k4G});
  vector -= Of({1});
  vector -= Of({k4G});
  EXPECT_TRUE(vector.empty());
  EXPECT_EQ(vector, DeletionVector());
  DeletionVector itself = Of({1, k4G});
  itself -= *&itself;
  EXPECT_TRUE(itself.empty());
}

TEST(DeletionVector, CopiesDoNotSeeEachOthersChanges) {
  const std::vector<uint64_t> positions{1, 300'000, 600'000, 600'001, k4G + 1};
  const std::vector<std::function<void(DeletionVector&)>> changes{
      [](DeletionVector& vector) { vector.Add(2); },
      [](DeletionVector& vector) {
        vector.AddMany(std::vector<uint64_t>{300'001, k4G + 2});
      },
      [](DeletionVector& vector) { vector.AddRange(600'000, 600'010); },
      [](DeletionVector& vector) {
        vector |= Of({600'002, k4G});
      },
      [](DeletionVector& vector) {
        vector -= Of({1, 600'001});
      },
  };
  for (const auto& change : changes) {
    DeletionVector original = Of(positions);
    DeletionVector expected = Of(positions);
    change(expected);
    DeletionVector copy = original;
    change(copy);
    EXPECT_EQ(copy, expected);
    EXPECT_EQ(Positions(original), positions);
    DeletionVector united;
    united |= original;
    change(original);
    EXPECT_EQ(original, expected);
    EXPECT_EQ(Positions(united), positions);
  }
}

TEST(DeletionVector, ThreadsChangeTheirCopies) {
  const DeletionVector original = Of({1, 300'000, 600'000});
  std::vector<std::thread> threads;
  for (uint64_t number = 0; number < 4; ++number) {
    threads.emplace_back([&original, number] {
      for (uint64_t i = 0; i < 200; ++i) {
        DeletionVector copy = original;
        copy.Add(10 + number);
        DeletionVector added = copy;
        added -= original;
        EXPECT_THAT(Positions(added), ElementsAre(10 + number));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(Positions(original), ElementsAre(1, 300'000, 600'000));
}

TEST(DeletionVector, AssigningToAMovedFromValueRevivesIt) {
  DeletionVector vector = Of({4});
  const DeletionVector moved = std::move(vector);
  vector = moved;
  EXPECT_THAT(Positions(vector), ElementsAre(4));
}

// A random set with stretches of every density, since each takes another path.
class DeletionVectorAgainstSet : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
    base_ = GetParam() % 3 == 0 ? k4G - 40000 : 0;
    uint64_t position = base_;
    while (position < base_ + 150000) {
      const uint64_t stretch_end = position + random() % 20000;
      const uint64_t gap_max = uint64_t{1} << (random() % 13);
      const bool is_run = random() % 4 == 0;
      if (is_run) {
        vector_.AddRange(position, stretch_end);
        for (; position < stretch_end; ++position) expected_.insert(position);
      }
      std::vector<uint64_t> added;
      for (; position < stretch_end; position += 1 + random() % gap_max) {
        added.push_back(position);
        expected_.insert(position);
      }
      std::shuffle(added.begin(), added.end(), random);
      vector_.AddMany(added);
      position = stretch_end + random() % 3000;
    }
    random_ = random;
  }

  uint64_t base_ = 0;
  DeletionVector vector_;
  std::set<uint64_t> expected_;
  std::mt19937_64 random_;
};

TEST_P(DeletionVectorAgainstSet, AnswersAsTheSetDoes) {
  EXPECT_EQ(vector_.cardinality(), expected_.size());
  EXPECT_EQ(Positions(vector_), std::vector<uint64_t>(expected_.begin(), expected_.end()));
  for (int i = 0; i < 200; ++i) {
    const uint64_t begin = base_ + random_() % 160000;
    const uint64_t count = random_() % (i % 10 == 0 ? 100000 : 4096);
    std::vector<uint32_t> live;
    for (uint64_t offset = 0; offset < count; ++offset) {
      if (!expected_.contains(begin + offset)) live.push_back(static_cast<uint32_t>(offset));
    }
    ASSERT_EQ(Live(vector_, begin, count), live) << begin << " " << count;
    ASSERT_EQ(vector_.CardinalityInRange(begin, begin + count), count - live.size());
    ASSERT_EQ(vector_.Contains(begin), expected_.contains(begin));
    std::vector<uint64_t> in_range{7};
    vector_.AppendInRange(begin, begin + count, in_range);
    std::vector<uint64_t> expected{7};
    expected.insert(expected.end(), expected_.lower_bound(begin),
                    expected_.lower_bound(begin + count));
    ASSERT_EQ(in_range, expected) << begin << " " << count;
  }
}

TEST_P(DeletionVectorAgainstSet, ComparesRanges) {
  const auto read = DeletionVector::Deserialize(vector_.Serialize(), *expected_.rbegin() + 1);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  for (int i = 0; i < 50; ++i) {
    const uint64_t added = base_ + random_() % 160000;
    const bool is_new = !expected_.contains(added);
    const uint64_t begin = base_ + random_() % 160000;
    const uint64_t end = begin + random_() % 300000;
    // Shares all but one shard, and none.
    for (const bool shares : {true, false}) {
      auto changed = shares ? vector_ : *read;
      EXPECT_TRUE(vector_.IsEqualInRange(changed, begin, end));
      changed.Add(added);
      const bool is_equal = !is_new || added < begin || added >= end;
      EXPECT_EQ(vector_.IsEqualInRange(changed, begin, end), is_equal) << added << " " << begin;
      EXPECT_EQ(changed.IsEqualInRange(vector_, begin, end), is_equal) << added << " " << begin;
      EXPECT_EQ(vector_.IsEqualInRange(changed, added, added + 1), !is_new);
      EXPECT_TRUE(vector_.IsEqualInRange(changed, added + 1, UINT64_MAX));
    }
  }
}

TEST_P(DeletionVectorAgainstSet, BytesReadBackTheSame) {
  const std::string blob = vector_.Serialize();
  const auto read = DeletionVector::Deserialize(blob, *expected_.rbegin() + 1);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(*read, vector_);
  EXPECT_EQ(Positions(*read), Positions(vector_));
  EXPECT_EQ(read->Serialize(), blob);
}

TEST_P(DeletionVectorAgainstSet, BytesDoNotDependOnHowItWasBuilt) {
  DeletionVector one_by_one;
  for (auto position = expected_.rbegin(); position != expected_.rend(); ++position) {
    one_by_one.Add(*position);
  }
  EXPECT_EQ(one_by_one, vector_);
  EXPECT_EQ(one_by_one.Serialize(), vector_.Serialize());
}

INSTANTIATE_TEST_SUITE_P(Seeds, DeletionVectorAgainstSet, ::testing::Range(1, 13));

}  // namespace
}  // namespace icefall
