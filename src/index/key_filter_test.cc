#include "index/key_filter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

bool MayHoldIn(const std::string& filter, uint64_t hash) {
  const auto block_count = static_cast<uint32_t>(filter.size() / kFilterBlockSize);
  return MayHold(filter.data() + size_t{FilterBlockOf(hash, block_count)} * kFilterBlockSize, hash);
}

TEST(KeyFilter, HoldsItsKeysAndFewOthers) {
  for (const int count : {1, 100, 100'000}) {
    std::vector<uint64_t> hashes;
    for (int i = 0; i < count; ++i) hashes.push_back(KeyHash("key " + std::to_string(i)));
    const auto filter = MakeFilter(hashes);
    EXPECT_EQ(filter.size(), size_t{FilterBlockCount(hashes.size())} * kFilterBlockSize);
    for (const auto hash : hashes) ASSERT_TRUE(MayHoldIn(filter, hash));
    int found = 0;
    constexpr int kOthers = 100'000;
    for (int i = 0; i < kOthers; ++i) {
      found += MayHoldIn(filter, KeyHash("other " + std::to_string(i))) ? 1 : 0;
    }
    EXPECT_LT(found, kOthers / 50) << count;
  }
}

TEST(KeyFilter, HashesAreThoseOfTheFormat) {
  // FNV-1a of "", "a" and "foobar" is published; the rest is MurmurHash3's finalizer.
  const auto finish = [](uint64_t hash) {
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
    return hash ^ hash >> 33;
  };
  EXPECT_EQ(KeyHash(""), finish(0xcbf29ce484222325));
  EXPECT_EQ(KeyHash("a"), finish(0xaf63dc4c8601ec8c));
  EXPECT_EQ(KeyHash("foobar"), finish(0x85944171f73967e8));
}

TEST(KeyFilter, NoKeysHaveNoBlocks) {
  EXPECT_EQ(FilterBlockCount(0), 0U);
  EXPECT_EQ(FilterBlockCount(1), 1U);
  EXPECT_EQ(FilterBlockCount(uint64_t{1} << 40), 0U);
  EXPECT_EQ(MakeFilter({}), "");
}

}  // namespace
}  // namespace icefall
