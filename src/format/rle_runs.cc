#include "format/rle_runs.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/endian.h"

namespace icefall {

namespace {

constexpr size_t kWindowSize = sizeof(uint64_t);

// With the width known, every shift is.
template <uint8_t kWidth>
void UnpackEightsOf(const char* bytes, uint64_t count, uint32_t* values) {
  constexpr uint64_t kMask = (uint64_t{1} << kWidth) - 1;
  for (; count > 0; --count, bytes += kWidth, values += 8) {
    for (size_t i = 0; i < 8; ++i) {
      const auto window = LoadLittleEndian<uint64_t>(bytes + i * kWidth / 8);
      values[i] = static_cast<uint32_t>(window >> (i * kWidth % 8) & kMask);
    }
  }
}

template <size_t... kWidths>
void UnpackEights(uint8_t width, const char* bytes, uint64_t count, uint32_t* values,
                  std::index_sequence<kWidths...>) {
  (void)((kWidths == width &&
          (UnpackEightsOf<static_cast<uint8_t>(kWidths)>(bytes, count, values), true)) ||
         ...);
}

void UnpackEights(uint8_t width, const char* bytes, uint64_t count, uint32_t* values) {
  UnpackEights(width, bytes, count, values, std::make_index_sequence<RleRuns::kWidthMax + 1>());
}

}  // namespace

uint64_t RleRuns::Run::Value(uint64_t index) const {
  if (packed.empty()) return value;
  const uint64_t bit = index * width;
  // 32 bits and what is left of a byte fit in eight bytes.
  char window[8] = {};
  const size_t begin = bit / 8;
  std::memcpy(window, packed.data() + begin, std::min(sizeof(window), packed.size() - begin));
  const uint64_t mask = (uint64_t{1} << width) - 1;
  return LoadLittleEndian<uint64_t>(window) >> (bit % 8) & mask;
}

void RleRuns::Run::Unpack(uint64_t begin, uint64_t size, uint32_t* values) const {
  if (packed.empty()) {
    std::fill_n(values, size, static_cast<uint32_t>(value));
    return;
  }
  const uint64_t end = begin + size;
  uint64_t index = begin;
  for (; index < end && index % 8 != 0; ++index) *values++ = static_cast<uint32_t>(Value(index));
  // Eight numbers begin at a byte. They are in the bytes from there on, a window for each.
  const size_t readable = packed.size() + behind_bytes;
  const uint64_t safe =
      readable < width + kWindowSize ? 0 : ((readable - width - kWindowSize) / width + 1) * 8;
  if (const uint64_t fast = std::min(end / 8 * 8, safe); index < fast) {
    UnpackEights(width, packed.data() + index / 8 * width, (fast - index) / 8, values);
    values += fast - index;
    index = fast;
  }
  for (; index < end; ++index) *values++ = static_cast<uint32_t>(Value(index));
}

uint64_t RleRuns::Run::CountOnes(uint64_t end) const {
  if (packed.empty()) return value == 0 ? 0 : end;
  uint64_t ones = 0;
  uint64_t bit = 0;
  for (; bit + 64 <= end; bit += 64) {
    ones +=
        static_cast<uint64_t>(std::popcount(LoadLittleEndian<uint64_t>(packed.data() + bit / 8)));
  }
  for (; bit < end; ++bit) ones += Value(bit);
  return ones;
}

std::optional<RleRuns::Run> RleRuns::Next() {
  uint64_t header = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (bytes_.empty() || shift > 56) return std::nullopt;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    header |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) break;
  }
  Run run;
  run.first = next_;
  run.width = width_;
  if ((header & 1) == 0) {
    run.count = header >> 1;
    const size_t size = (width_ + 7u) / 8;
    if (run.count == 0 || bytes_.size() < size) return std::nullopt;
    for (size_t i = 0; i < size; ++i) {
      run.value |= uint64_t{static_cast<uint8_t>(bytes_[i])} << (8 * i);
    }
    bytes_.remove_prefix(size);
  } else {
    const uint64_t groups = header >> 1;
    if (groups == 0) return std::nullopt;
    // The last groups may be cut off behind the last number.
    const uint64_t whole =
        width_ == 0 ? groups : std::min(groups, bytes_.size() * 8 / width_ / 8 + 1);
    const size_t size = std::min<uint64_t>(whole * width_, bytes_.size());
    run.count = width_ == 0 ? groups * 8 : std::min(groups * 8, size * 8 / width_);
    if (run.count == 0) return std::nullopt;
    run.packed = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    run.behind_bytes = bytes_.size();
  }
  next_ += run.count;
  return run;
}

}  // namespace icefall
