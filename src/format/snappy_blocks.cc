#include "format/snappy_blocks.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "base/endian.h"
#include "format/snappy_walk.h"

namespace icefall {
namespace {

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorCode::kCorruption, fmt::format("Snappy: {}", what));
}

// What is copied at once: what that is too much, the next element overwrites.
constexpr size_t kCopied = 8;
constexpr size_t kShort = 16;
// The most that an element whose length is in its tag makes.
constexpr size_t kElementMax = 64;
// Fewer blocks than this ahead are reached sooner one element after another.
constexpr size_t kBlocksAheadMin = 3;

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

void SnappyBlocks::FindAllBlocks() {
  may_find_all_ = false;
  const auto places =
      FindSnappyBlocks(compressed_, blocks_[0].begin.input, size_bytes_, kBlockSize);
  if (!places) return;  // to walk again says what is wrong
  for (size_t i = blocks_.size(); i < places->size(); ++i) {
    blocks_.push_back({(*places)[i], (*places)[i]});
  }
}

Result<void> SnappyBlocks::FindBlock(size_t block) {
  if (may_find_all_ && block >= blocks_.size() + kBlocksAheadMin) FindAllBlocks();
  while (blocks_.size() < block + 1) {
    const size_t next = blocks_.size() * kBlockSize;
    const SnappyPlace& decompressed = blocks_.back().decompressed;
    auto [input, output] = decompressed.output > walked_.output ? decompressed : walked_;
    while (output < next) {
      if (input >= compressed_.size()) return Bad("ends too early");
      const auto step = kSnappySteps[static_cast<uint8_t>(compressed_[input])];
      if (step > 0) {
        input += step & 0xFFFF;
        output += step >> 16;
        continue;
      }
      const auto element = ReadSnappyElement(compressed_.substr(input));
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

// One after another without a look at where they end; stops where one is of another kind, and close
// to the ends.
SnappyPlace SnappyBlocks::DecompressFast(size_t block, size_t end, size_t free_end) {
  const size_t begin = blocks_[block].begin.output;
  // Of their own, as bytes that are written could be any object's.
  const char* const compressed = compressed_.data();
  char* const bytes = bytes_.get();
  auto [input, output] = blocks_[block].decompressed;
  const size_t output_end = std::min(end, free_end - std::min(free_end, kElementMax));
  const size_t input_end = compressed_.size() - std::min(compressed_.size(), 1 + kElementMax);
  while (output < output_end && input < input_end) {
    const char* const from = compressed + input;
    char* const to = bytes + output;
    const auto tag = static_cast<uint8_t>(*from);
    const uint32_t step = kSnappySteps[tag];
    const size_t length = step >> 16;
    if ((tag & 3) == 0) {
      if (step == 0) break;
      std::memcpy(to, from + 1, kShort);
      if (length > kShort) std::memcpy(to + kShort, from + 1 + kShort, kElementMax - kShort);
    } else {
      const size_t distance = (tag & 3) == 1
                                  ? size_t{tag & 0xE0u} << 3 | static_cast<uint8_t>(from[1])
                                  : LoadLittleEndian<uint16_t>(from + 1);
      if ((tag & 3) == 3 || distance < kCopied || distance > output - begin) break;
      for (size_t copied = 0; copied < length; copied += kCopied) {
        std::memcpy(to + copied, to + copied - distance, kCopied);
      }
    }
    input += step & 0xFFFF;
    output += length;
  }
  return {input, output};
}

Result<void> SnappyBlocks::Decompress(size_t block, size_t end) {
  // What is behind may have been decompressed before.
  const size_t free_end = std::min(size_bytes_, (block + 1) * kBlockSize);
  for (;;) {
    auto [input, output] = DecompressFast(block, end, free_end);
    blocks_[block].decompressed = {input, output};
    if (output >= end) return {};
    if (input >= compressed_.size()) return Bad("ends too early");
    const auto element = ReadSnappyElement(compressed_.substr(input));
    if (element.length == 0) return Bad("ends within an element");
    if (element.length > size_bytes_ - output) return Bad("holds more than it states");
    const bool is_literal = IsSnappyLiteral(compressed_[input]);
    input += element.size;
    if (is_literal) {
      if (compressed_.size() - input < element.length) return Bad("ends within a literal");
      std::memcpy(bytes_.get() + output, compressed_.data() + input, element.length);
      input += element.length;
    } else {
      if (element.distance == 0) return Bad("copies from no distance");
      ICEFALL_RETURN_IF_ERROR(Copy(block, output, element.distance, element.length));
    }
    blocks_[block].decompressed = {input, output + element.length};
  }
}

Result<std::string_view> SnappyBlocks::Read(size_t begin, size_t end) {
  if (begin == end) return std::string_view();
  // A block may begin later than at its multiple, never earlier.
  size_t block = begin / kBlockSize;
  ICEFALL_RETURN_IF_ERROR(FindBlock(block));
  while (block > 0 && blocks_[block].begin.output > begin) --block;
  for (; blocks_[block].begin.output < end; ++block) {
    const bool is_last = block + 1 == blocks_.size();
    const size_t end_here =
        is_last ? std::min(end, (block + 1) * kBlockSize) : blocks_[block + 1].begin.output;
    ICEFALL_RETURN_IF_ERROR(Decompress(block, std::min(end, end_here)));
    if (end <= end_here) break;
    if (!is_last) continue;
    // Where a block has been decompressed, the next one begins.
    walked_ = blocks_[block].decompressed;
    blocks_.push_back({walked_, walked_});
  }
  return std::string_view(bytes_.get() + begin, end - begin);
}

}  // namespace icefall
