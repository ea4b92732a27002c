#include "index/key_filter.h"

#include <array>
#include <bit>
#include <limits>

#include "base/endian.h"

namespace icefall {
namespace {

// One key in a hundred that is not there looks as if it were.
constexpr uint64_t kBitsPerKey = 10;
constexpr uint64_t kBlockBits = kFilterBlockSize * 8;
// 2 GiB of blocks.
constexpr uint64_t kBlockCountMax = uint64_t{1} << 26;

// Those of Parquet's Bloom filters (github.com/apache/parquet-format, BloomFilter.md).
constexpr std::array<uint32_t, 8> kSalts = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                            0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

uint32_t MaskOf(uint64_t hash, size_t word) {
  constexpr int kShift = 27;  // leaves 5 bits, which count those of a word
  return uint32_t{1} << (static_cast<uint32_t>(hash) * kSalts[word] >> kShift);
}

}  // namespace

// FNV-1a, whose upper bits depend too little on the last bytes, then the end of MurmurHash3.
uint64_t KeyHash(std::string_view key) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : key) {
    hash ^= static_cast<uint8_t>(byte);
    hash *= 0x100000001b3;
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

uint32_t FilterBlockCount(uint64_t key_count) {
  if (key_count == 0) return 0;
  const uint64_t count = (key_count * kBitsPerKey + kBlockBits - 1) / kBlockBits;
  return count > kBlockCountMax ? 0 : static_cast<uint32_t>(count);
}

uint32_t FilterBlockOf(uint64_t hash, uint32_t block_count) {
  constexpr int kHalf = 32;
  return static_cast<uint32_t>((hash >> kHalf) * block_count >> kHalf);
}

bool MayHold(const char* block, uint64_t hash) {
  for (size_t word = 0; word < kSalts.size(); ++word) {
    const auto bits = LoadLittleEndian<uint32_t>(block + word * sizeof(uint32_t));
    if ((bits & MaskOf(hash, word)) == 0) return false;
  }
  return true;
}

std::string MakeFilter(const std::vector<uint64_t>& hashes) {
  const uint32_t block_count = FilterBlockCount(hashes.size());
  if (block_count == 0) return {};
  std::vector<uint32_t> words(size_t{block_count} * kSalts.size());
  for (const auto hash : hashes) {
    const size_t first = size_t{FilterBlockOf(hash, block_count)} * kSalts.size();
    for (size_t word = 0; word < kSalts.size(); ++word) words[first + word] |= MaskOf(hash, word);
  }
  std::string blocks;
  blocks.reserve(words.size() * sizeof(uint32_t));
  for (const auto word : words) AppendLittleEndian(word, blocks);
  return blocks;
}

}  // namespace icefall
