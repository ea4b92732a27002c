#include "base/block_checksum.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace icefall {
namespace {

std::string SomeBytes(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + i / 7);
  return bytes;
}

// As the header says, one step at a time.
TEST(BlockChecksum, IsWhatIsWrittenDown) {
  constexpr uint64_t k = 0x9E3779B97F4A7C15;
  const auto bytes = SomeBytes(75);
  auto padded = bytes;
  padded.resize(96, '\0');
  uint64_t numbers[] = {k, 2 * k, 3 * k, 4 * k};
  for (size_t i = 0; i < padded.size(); i += 8) {
    uint64_t next = 0;
    for (size_t j = 8; j-- > 0;) next = next << 8 | static_cast<unsigned char>(padded[i + j]);
    auto& number = numbers[i / 8 % 4];
    number = (number ^ next) * k;
    number ^= number >> 32;
  }
  uint64_t checksum = 75;
  for (const auto number : numbers) {
    checksum = (checksum ^ number) * k;
    checksum ^= checksum >> 32;
  }
  EXPECT_EQ(BlockChecksum(bytes), checksum);
}

TEST(BlockChecksum, TellsEveryChangeOfABit) {
  const auto bytes = SomeBytes(101);
  std::set<uint64_t> found{BlockChecksum(bytes)};
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    found.insert(BlockChecksum(changed));
  }
  EXPECT_EQ(found.size(), 1 + bytes.size() * 8);
}

TEST(BlockChecksum, TellsChangesOfTheSameBitInTwoBlocks) {
  const auto bytes = SomeBytes(128);
  for (size_t bit = 0; bit < 64; ++bit) {
    auto changed = bytes;
    for (const size_t block : {0, 4}) {
      auto& byte = changed[block * 8 + bit / 8];
      byte = static_cast<char>(byte ^ (1 << bit % 8));
    }
    EXPECT_NE(BlockChecksum(changed), BlockChecksum(bytes)) << bit;
  }
}

TEST(BlockChecksum, TellsSizesApart) {
  std::set<uint64_t> found;
  for (size_t size = 0; size < 100; ++size) found.insert(BlockChecksum(std::string(size, '\0')));
  EXPECT_EQ(found.size(), 100U);
}

TEST(BlockChecksum, TellsBlocksInAnotherOrder) {
  const auto bytes = SomeBytes(64);
  EXPECT_NE(BlockChecksum(bytes), BlockChecksum(bytes.substr(32) + bytes.substr(0, 32)));
  EXPECT_NE(BlockChecksum(bytes), BlockChecksum(bytes.substr(8) + bytes.substr(0, 8)));
}

}  // namespace
}  // namespace icefall
