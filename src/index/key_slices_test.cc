#include "index/key_slices.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "index/key_filter.h"

namespace icefall {
namespace {

std::vector<uint64_t> HashesOf(uint64_t set, size_t count) {
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < count; ++i) {
    hashes.push_back(KeyHash(std::to_string(set) + " " + std::to_string(i)));
  }
  return hashes;
}

std::vector<uint64_t> Find(const KeySlices& slices, uint64_t hash) {
  std::vector<uint64_t> ids;
  slices.Find(hash, ids);
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
  return ids;
}

TEST(KeySlices, AnswerTheSetsOfAKeyAndFewOthers) {
  KeySlices slices;
  constexpr uint64_t kSets = 1'000;
  const auto size_of = [](uint64_t set) { return set % 7 == 0 ? 0 : size_t{1} << set % 9; };
  for (uint64_t set = 0; set < kSets; ++set) slices.Put(set, HashesOf(set, size_of(set)));
  EXPECT_EQ(slices.size(), kSets);
  size_t others = 0;
  size_t keys = 0;
  for (uint64_t set = 0; set < kSets; ++set) {
    for (const auto hash : HashesOf(set, size_of(set))) {
      const auto ids = Find(slices, hash);
      ASSERT_TRUE(std::ranges::binary_search(ids, set));
      others += ids.size() - 1;
      ++keys;
    }
  }
  EXPECT_LT(others, keys * kSets / 200);
}

TEST(KeySlices, FollowWhatIsPutAndErased) {
  KeySlices slices;
  std::map<uint64_t, std::vector<uint64_t>> model;
  std::mt19937_64 random(7);
  for (int step = 0; step < 5'000; ++step) {
    const uint64_t id = random() % 300;
    if (random() % 2 == 0) {
      const auto hashes = HashesOf(random(), random() % 100);
      slices.Put(id, hashes);
      model[id] = hashes;
    } else {
      slices.Erase(id);
      model.erase(id);
    }
    ASSERT_EQ(slices.size(), model.size());
    ASSERT_EQ(slices.Contains(id), model.contains(id));
  }
  for (const auto& [id, hashes] : model) {
    for (const auto hash : hashes) {
      const auto ids = Find(slices, hash);
      ASSERT_TRUE(std::ranges::binary_search(ids, id));
      for (const auto found : ids) ASSERT_TRUE(model.contains(found));
    }
  }
  for (uint64_t id = 0; id < 300; ++id) slices.Erase(id);
  EXPECT_EQ(slices.size_bytes(), 0);
  EXPECT_TRUE(Find(slices, 1).empty());
}

TEST(KeySlices, TakeFewBytesForAKey) {
  KeySlices slices;
  for (uint64_t set = 0; set < 64; ++set) slices.Put(set, HashesOf(set, 1'000));
  EXPECT_LE(slices.size_bytes(), 64 * 1'000 * 4);
}

}  // namespace
}  // namespace icefall
