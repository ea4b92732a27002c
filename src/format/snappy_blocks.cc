#include "format/snappy_blocks.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace icefall {
namespace {

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorCode::kCorruption, fmt::format("Snappy: {}", what));
}

constexpr size_t kShort = 16;

bool IsLiteral(char tag) { return (static_cast<uint8_t>(tag) & 3) == 0; }

struct Element {
  size_t length = 0;    // of the output
  size_t distance = 0;  // back to what is copied; 0: a literal
  size_t size = 0;      // of its bytes, without those of a literal
};

// The element at the start of `input`; length 0 when it is cut off.
inline Element ReadElement(std::string_view input) {
  constexpr size_t kLengthInTagMax = 60;
  const auto byte = [&](size_t i) { return size_t{static_cast<uint8_t>(input[i])}; };
  const size_t tag = byte(0);
  size_t length = (tag >> 2) + 1;
  switch (tag & 3) {
    case 0: {
      if (length <= kLengthInTagMax) return {length, 0, 1};
      const size_t extra = length - kLengthInTagMax;
      if (input.size() < 1 + extra) return {};
      length = 0;
      for (size_t i = 0; i < extra; ++i) length |= byte(1 + i) << (8 * i);
      return {length + 1, 0, 1 + extra};
    }
    case 1:
      if (input.size() < 2) return {};
      return {((tag >> 2) & 7) + 4, (tag >> 5) << 8 | byte(1), 2};
    case 2:
      if (input.size() < 3) return {};
      return {length, byte(1) | byte(2) << 8, 3};
    default:
      if (input.size() < 5) return {};
      return {length, byte(1) | byte(2) << 8 | byte(3) << 16 | byte(4) << 24, 5};
  }
}

}  // namespace

Result<SnappyBlocks> SnappyBlocks::Open(std::string_view compressed, size_t size_bytes) {
  uint64_t stated = 0;
  size_t input = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (input == compressed.size() || shift > 28) return Bad("the stated length is cut off");
    const auto byte = static_cast<uint8_t>(compressed[input++]);
    stated |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) break;
  }
  if (stated != size_bytes) {
    return Bad(fmt::format("states {} bytes, expected {}", stated, size_bytes));
  }
  return SnappyBlocks(compressed, input, size_bytes);
}

SnappyBlocks::SnappyBlocks(std::string_view compressed, size_t input, size_t size_bytes)
    : compressed_(compressed),
      size_bytes_(size_bytes),
      bytes_(std::make_unique_for_overwrite<char[]>(size_bytes)),
      blocks_{{input, 0}},
      walked_{input, 0},
      is_known_(size_bytes / kBlockSize + 1) {}

// Also finds where it ends.
Result<void> SnappyBlocks::FindBlock(size_t block) {
  while (blocks_.size() < block + 2) {
    const size_t next = std::min(blocks_.size() * kBlockSize, size_bytes_);
    while (walked_.output < next) {
      if (walked_.input >= compressed_.size()) return Bad("ends too early");
      const auto element = ReadElement(compressed_.substr(walked_.input));
      if (element.length == 0) return Bad("ends within an element");
      walked_.input += element.size + (element.distance == 0 ? element.length : 0);
      walked_.output += element.length;
    }
    if (walked_.output > size_bytes_) return Bad("holds more than it states");
    blocks_.push_back(walked_);
  }
  return {};
}

Result<void> SnappyBlocks::Copy(size_t block, size_t output, size_t distance, size_t length) {
  if (distance > output) return Bad("copies what is before its beginning");
  if (output - distance < blocks_[block].output) {
    for (size_t before = 0; before < block; ++before) {
      ICEFALL_RETURN_IF_ERROR(Decompress(before));
    }
  }
  char* const to = bytes_.get() + output;
  if (distance >= length) {
    std::memcpy(to, to - distance, length);
    return {};
  }
  // What was just copied is copied again.
  for (size_t i = 0; i < length; ++i) to[i] = to[i - distance];
  return {};
}

Result<void> SnappyBlocks::Decompress(size_t block) {
  if (is_known_[block]) return {};
  ICEFALL_RETURN_IF_ERROR(FindBlock(block));
  auto [input, output] = blocks_[block];
  const size_t end = blocks_[block + 1].output;
  while (output < end) {
    // FindBlock has seen that all of it is there, except for the bytes of a literal.
    const auto element = ReadElement(compressed_.substr(input));
    input += element.size;
    // Most are short, and a copy of a fixed size is one instruction; what it writes too much, the
    // next element overwrites.
    const bool is_short = element.length <= kShort && end - output >= kShort;
    if (is_short && element.distance >= kShort &&
        element.distance <= output - blocks_[block].output) {
      char* const to = bytes_.get() + output;
      std::memcpy(to, to - element.distance, kShort);
    } else if (is_short && IsLiteral(compressed_[input - element.size]) &&
               compressed_.size() - input >= kShort) {
      std::memcpy(bytes_.get() + output, compressed_.data() + input, kShort);
      input += element.length;
    } else if (element.distance > 0) {
      ICEFALL_RETURN_IF_ERROR(Copy(block, output, element.distance, element.length));
    } else {
      // A copy from no distance is no literal.
      if (!IsLiteral(compressed_[input - element.size])) return Bad("copies from no distance");
      if (compressed_.size() - input < element.length) return Bad("ends within a literal");
      std::memcpy(bytes_.get() + output, compressed_.data() + input, element.length);
      input += element.length;
    }
    output += element.length;
  }
  is_known_[block] = true;
  return {};
}

Result<std::string_view> SnappyBlocks::Read(size_t begin, size_t end) {
  if (begin == end) return std::string_view();
  // A block may begin later than at its multiple, never earlier.
  size_t block = begin / kBlockSize;
  ICEFALL_RETURN_IF_ERROR(FindBlock((end - 1) / kBlockSize));
  while (block > 0 && blocks_[block].output > begin) --block;
  for (; block + 1 < blocks_.size() && blocks_[block].output < end; ++block) {
    ICEFALL_RETURN_IF_ERROR(Decompress(block));
  }
  return std::string_view(bytes_.get() + begin, end - begin);
}

}  // namespace icefall
