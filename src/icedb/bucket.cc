#include "icedb/bucket.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/endian.h"

namespace icefall::icedb {
namespace {

// MD5 (RFC 1321). Here rather than from a library because those that know many digests take
// several times as long for a short text as the digest itself does.
using State = std::array<uint32_t, 4>;
constexpr size_t kBlockSize = 64;
constexpr size_t kLengthSize = 8;

constexpr std::array<uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

template <size_t kRound>
uint32_t Mixed(uint32_t b, uint32_t c, uint32_t d) {
  if constexpr (kRound == 0) return d ^ (b & (c ^ d));
  if constexpr (kRound == 1) return c ^ (d & (b ^ c));
  if constexpr (kRound == 2) return b ^ c ^ d;
  return c ^ (b | ~d);
}

template <size_t kRound>
void Round(State& state, const std::array<uint32_t, 16>& words) {
  constexpr size_t kFactors[4] = {1, 5, 3, 7};
  constexpr size_t kOffsets[4] = {0, 1, 5, 0};
  for (size_t i = 0; i < 16; ++i) {
    const uint32_t word = words[(kFactors[kRound] * i + kOffsets[kRound]) % 16];
    const uint32_t sum =
        state[0] + Mixed<kRound>(state[1], state[2], state[3]) + word + kSines[16 * kRound + i];
    const uint32_t turned = state[1] + std::rotl(sum, kShifts[kRound][i % 4]);
    state = {state[3], turned, state[1], state[2]};
  }
}

void AddBlock(State& state, const char* block) {
  std::array<uint32_t, 16> words;
  for (size_t i = 0; i < words.size(); ++i) words[i] = LoadLittleEndian<uint32_t>(block + 4 * i);
  const State before = state;
  Round<0>(state, words);
  Round<1>(state, words);
  Round<2>(state, words);
  Round<3>(state, words);
  for (size_t i = 0; i < state.size(); ++i) state[i] += before[i];
}

}  // namespace

uint64_t BucketNumber(std::string_view text) {
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const uint64_t size_bits = uint64_t{text.size()} * 8;
  for (; text.size() >= kBlockSize; text.remove_prefix(kBlockSize)) AddBlock(state, text.data());
  char last[2 * kBlockSize] = {};
  if (!text.empty()) std::memcpy(last, text.data(), text.size());
  last[text.size()] = '\x80';
  const size_t size = text.size() + 1 + kLengthSize <= kBlockSize ? kBlockSize : 2 * kBlockSize;
  const uint64_t length = ToLittleEndian(size_bits);
  std::memcpy(last + size - kLengthSize, &length, kLengthSize);
  for (size_t begin = 0; begin < size; begin += kBlockSize) AddBlock(state, last + begin);
  return (uint64_t{state[3]} << 32) | state[2];
}

}  // namespace icefall::icedb
