#include "index/range_tree.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace icefall {
namespace {

std::vector<uint64_t> Found(const RangeTree& tree, const KeyRange& range) {
  std::vector<uint64_t> ids;
  tree.Find(range, ids);
  std::ranges::sort(ids);
  return ids;
}

using Ids = std::vector<uint64_t>;

TEST(RangeTreeTest, EndsAreNotPartOfARange) {
  RangeTree tree;
  tree.Put(1, {"b", "d"});
  EXPECT_EQ(Found(tree, {"d", std::nullopt}), Ids());
  EXPECT_EQ(Found(tree, {"", "b"}), Ids());
  EXPECT_EQ(Found(tree, {"", std::string("b\0", 2)}), Ids({1}));
  EXPECT_EQ(Found(tree, {"c", "c\xFF"}), Ids({1}));
  EXPECT_EQ(Found(tree, {"cz", std::nullopt}), Ids({1}));
}

TEST(RangeTreeTest, WithoutAnEnd) {
  RangeTree tree;
  tree.Put(1, {"", std::nullopt});
  tree.Put(2, {"m", std::nullopt});
  EXPECT_EQ(Found(tree, {"a", "b"}), Ids({1}));
  EXPECT_EQ(Found(tree, {"\xFF\xFF", std::nullopt}), Ids({1, 2}));
}

TEST(RangeTreeTest, PutReplacesAndEraseForgets) {
  RangeTree tree;
  tree.Put(7, {"a", "b"});
  tree.Put(7, {"x", "y"});
  EXPECT_EQ(tree.size(), 1U);
  EXPECT_EQ(Found(tree, {"a", "b"}), Ids());
  EXPECT_EQ(Found(tree, {"x", "z"}), Ids({7}));
  tree.Erase(7);
  tree.Erase(7);
  EXPECT_EQ(tree.size(), 0U);
  EXPECT_EQ(Found(tree, {"", std::nullopt}), Ids());
}

TEST(RangeTreeTest, EndOfPrefixIsTheFirstKeyAbove) {
  EXPECT_EQ(EndOfPrefix("ab"), "ac");
  EXPECT_EQ(EndOfPrefix("a\xFF\xFF"), "b");
  EXPECT_EQ(EndOfPrefix("\x7F"), "\x80");
  EXPECT_EQ(EndOfPrefix("\xFF"), std::nullopt);
  EXPECT_EQ(EndOfPrefix(""), std::nullopt);
}

TEST(RangeTreeTest, AgreesWithALookAtEveryRange) {
  std::mt19937_64 random(5);
  const auto key = [&] { return std::to_string(random() % 500); };
  const auto some_range = [&] {
    KeyRange range{key(), key()};
    if (range.low > *range.high) std::swap(range.low, *range.high);
    if (random() % 20 == 0) range.high.reset();
    return range;
  };
  RangeTree tree;
  std::map<uint64_t, KeyRange> expected;
  for (int step = 0; step < 3000; ++step) {
    const uint64_t id = random() % 300;
    if (random() % 3 == 0) {
      tree.Erase(id);
      expected.erase(id);
    } else {
      expected[id] = some_range();
      tree.Put(id, expected[id]);
    }
    const auto asked = some_range();
    Ids ids;
    for (const auto& [other, range] : expected) {
      const bool starts_before_end = !asked.high || range.low < *asked.high;
      const bool ends_behind_start = !range.high || asked.low < *range.high;
      if (starts_before_end && ends_behind_start) ids.push_back(other);
    }
    ASSERT_EQ(Found(tree, asked), ids) << step;
  }
}

}  // namespace
}  // namespace icefall
