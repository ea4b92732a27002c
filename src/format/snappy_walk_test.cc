#include "format/snappy_walk.h"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/snappy_stream_fixture.h"

namespace icefall {
namespace {

constexpr size_t kBlockSize = 4096;

// One element after the other; empty where they do not hold `size_bytes`.
std::vector<SnappyPlace> OneByOne(std::string_view elements, size_t size_bytes) {
  std::vector<SnappyPlace> blocks;
  SnappyPlace place;
  while (place.input < elements.size()) {
    while (blocks.size() * kBlockSize <= place.output && blocks.size() * kBlockSize < size_bytes) {
      blocks.push_back(place);
    }
    const auto element = ReadSnappyElement(elements.substr(place.input));
    if (element.length == 0) return {};
    place.input += element.size + (IsSnappyLiteral(elements[place.input]) ? element.length : 0);
    place.output += element.length;
  }
  if (place.input != elements.size() || place.output != size_bytes) return {};
  while (blocks.size() * kBlockSize < size_bytes) blocks.push_back(place);
  return blocks;
}

std::vector<std::pair<size_t, size_t>> Pairs(const std::vector<SnappyPlace>& places) {
  std::vector<std::pair<size_t, size_t>> pairs;
  for (const auto& [input, output] : places) pairs.emplace_back(input, output);
  return pairs;
}

TEST(SnappyWalk, FindsWhatAWalkOneByOneFinds) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    for (const size_t size : {1, 100, 5'000, 300'000}) {
      for (const size_t literal_max : {4, 64, 30'000}) {
        const auto stream = RandomSnappyStream(size, seed % 2 * kBlockSize, literal_max, seed);
        const auto found = FindSnappyBlocks(stream.elements, 0, size, kBlockSize);
        ASSERT_TRUE(found.has_value()) << seed << " " << size << " " << literal_max;
        ASSERT_EQ(Pairs(*found), Pairs(OneByOne(stream.elements, size)))
            << seed << " " << size << " " << literal_max;
      }
    }
  }
}

TEST(SnappyWalk, BeginsBehindTheStatedLength) {
  const auto stream = RandomSnappyStream(50'000, kBlockSize);
  const auto found = FindSnappyBlocks("abc" + stream.elements, 3, 50'000, kBlockSize);
  ASSERT_TRUE(found.has_value());
  auto expected = OneByOne(stream.elements, 50'000);
  for (auto& place : expected) place.input += 3;
  EXPECT_EQ(Pairs(*found), Pairs(expected));
}

TEST(SnappyWalk, TellsWhetherElementsHoldWhatIsStated) {
  const auto stream = RandomSnappyStream(50'000, kBlockSize);
  EXPECT_FALSE(FindSnappyBlocks(stream.elements, 0, 50'001, kBlockSize).has_value());
  EXPECT_FALSE(FindSnappyBlocks(stream.elements, 0, 49'999, kBlockSize).has_value());
  EXPECT_FALSE(FindSnappyBlocks("", 0, 1, kBlockSize).has_value());
  EXPECT_TRUE(FindSnappyBlocks("", 0, 0, kBlockSize)->empty());
}

TEST(SnappyWalk, DamageIsFoundAsOneByOne) {
  const auto stream = RandomSnappyStream(100'000, kBlockSize, 200);
  std::mt19937 random(3);
  size_t damaged = 0;
  for (int i = 0; i < 3'000; ++i) {
    auto elements = stream.elements;
    if (i % 3 == 0) elements.resize(random() % elements.size());
    for (int changes = i % 3; changes > 0; --changes) {
      elements[random() % elements.size()] = static_cast<char>(random());
    }
    const auto expected = OneByOne(elements, 100'000);
    const auto found = FindSnappyBlocks(elements, 0, 100'000, kBlockSize);
    ASSERT_EQ(found.has_value(), !expected.empty()) << i;
    if (found) {
      ASSERT_EQ(Pairs(*found), Pairs(expected)) << i;
    } else {
      ++damaged;
    }
  }
  EXPECT_GT(damaged, 1'000U);
}

}  // namespace
}  // namespace icefall
