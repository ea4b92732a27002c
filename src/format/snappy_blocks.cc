#include "format/snappy_blocks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace icefall {
namespace {

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorCode::kCorruption, fmt::format("Snappy: {}", what));
}

constexpr size_t kShort = 16;
constexpr size_t kLengthInTagMax = 60;

bool IsLiteral(char tag) { return (static_cast<uint8_t>(tag) & 3) == 0; }

struct Element {
  size_t length = 0;    // of the output
  size_t distance = 0;  // back to what is copied; 0: a literal
  size_t size = 0;      // of its bytes, without those of a literal
};

// The element at the start of `input`; length 0 when it is cut off.
inline Element ReadElement(std::string_view input) {
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

// How far an element leads, by its tag; zeros for one that says so in more bytes.
struct Step {
  uint8_t input = 0;
  uint8_t output = 0;
};

constexpr std::array<Step, 256> MakeSteps() {
  std::array<Step, 256> steps{};
  for (size_t tag = 0; tag < steps.size(); ++tag) {
    const auto length = static_cast<uint8_t>((tag >> 2) + 1);
    const auto is_long = length > kLengthInTagMax;
    const std::array<Step, 4> kinds{{
        is_long ? Step{} : Step{static_cast<uint8_t>(length + 1), length},
        {2, static_cast<uint8_t>(((tag >> 2) & 7) + 4)},
        {3, length},
        {5, length},
    }};
    steps[tag] = kinds[tag & 3];
  }
  return steps;
}

constexpr auto kSteps = MakeSteps();

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
      blocks_{{{input, 0}, {input, 0}}},
      walked_{input, 0} {}

Result<void> SnappyBlocks::FindBlock(size_t block) {
  while (blocks_.size() < block + 1) {
    const size_t next = blocks_.size() * kBlockSize;
    auto [input, output] = walked_;
    while (output < next) {
      if (input >= compressed_.size()) return Bad("ends too early");
      const auto step = kSteps[static_cast<uint8_t>(compressed_[input])];
      if (step.input > 0) {
        input += step.input;
        output += step.output;
        continue;
      }
      const auto element = ReadElement(compressed_.substr(input));
      if (element.length == 0) return Bad("ends within an element");
      input += element.size + element.length;
      output += element.length;
    }
    if (output > size_bytes_) return Bad("holds more than it states");
    walked_ = {input, output};
    blocks_.push_back({walked_, walked_});
  }
  return {};
}

Result<void> SnappyBlocks::Copy(size_t block, size_t output, size_t distance, size_t length) {
  if (distance > output) return Bad("copies what is before its beginning");
  if (output - distance < blocks_[block].begin.output) {
    for (size_t before = 0; before < block; ++before) {
      ICEFALL_RETURN_IF_ERROR(Decompress(before, blocks_[before + 1].begin.output));
    }
  }
  char* const to = bytes_.get() + output;
  if (distance >= length) {
    std::memcpy(to, to - distance, length);
    return {};
  }
  // What was just copied is copied again.
  const char* const from = to - distance;
  for (size_t i = 0; i < length; ++i) to[i] = from[i];
  return {};
}

Result<void> SnappyBlocks::Decompress(size_t block, size_t end) {
  const size_t begin = blocks_[block].begin.output;
  // What is behind may have been decompressed before.
  const size_t free_end = std::min(size_bytes_, (block + 1) * kBlockSize);
  auto [input, output] = blocks_[block].decompressed;
  while (output < end) {
    if (input >= compressed_.size()) return Bad("ends too early");
    const auto element = ReadElement(compressed_.substr(input));
    if (element.length == 0) return Bad("ends within an element");
    if (element.length > size_bytes_ - output) return Bad("holds more than it states");
    const bool is_literal = IsLiteral(compressed_[input]);
    input += element.size;
    char* const to = bytes_.get() + output;
    // Most are short, and a copy of a fixed size is one instruction or two; what it writes too
    // much, the next element overwrites.
    const bool is_short = element.length <= kShort && output + kShort <= free_end;
    if (is_literal) {
      if (compressed_.size() - input < element.length) return Bad("ends within a literal");
      if (is_short && compressed_.size() - input >= kShort) {
        std::memcpy(to, compressed_.data() + input, kShort);
      } else {
        std::memcpy(to, compressed_.data() + input, element.length);
      }
      input += element.length;
    } else if (is_short && element.distance >= kShort / 2 && element.distance <= output - begin) {
      std::memcpy(to, to - element.distance, kShort / 2);
      std::memcpy(to + kShort / 2, to + kShort / 2 - element.distance, kShort / 2);
    } else {
      if (element.distance == 0) return Bad("copies from no distance");
      ICEFALL_RETURN_IF_ERROR(Copy(block, output, element.distance, element.length));
    }
    output += element.length;
  }
  blocks_[block].decompressed = {input, output};
  return {};
}

Result<std::string_view> SnappyBlocks::Read(size_t begin, size_t end) {
  if (begin == end) return std::string_view();
  // A block may begin later than at its multiple, never earlier.
  size_t block = begin / kBlockSize;
  ICEFALL_RETURN_IF_ERROR(FindBlock((end - 1) / kBlockSize));
  while (block > 0 && blocks_[block].begin.output > begin) --block;
  for (; block < blocks_.size() && blocks_[block].begin.output < end; ++block) {
    const bool is_last = block + 1 == blocks_.size();
    const size_t end_here = is_last ? end : std::min(end, blocks_[block + 1].begin.output);
    ICEFALL_RETURN_IF_ERROR(Decompress(block, end_here));
  }
  return std::string_view(bytes_.get() + begin, end - begin);
}

}  // namespace icefall
