// The elements of a Snappy stream (github.com/google/snappy, format_description.txt), one by one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace icefall {

inline constexpr size_t kSnappyLengthInTagMax = 60;

struct SnappyElement {
  size_t length = 0;    // of the output
  size_t distance = 0;  // back to what is copied; 0: a literal
  size_t size = 0;      // of its bytes, without those of a literal
};

inline bool IsSnappyLiteral(char tag) { return (static_cast<uint8_t>(tag) & 3) == 0; }

// The element at the start of `input`, which has a byte at least; length 0 when it is cut off.
inline SnappyElement ReadSnappyElement(std::string_view input) {
  const auto byte = [&](size_t i) { return size_t{static_cast<uint8_t>(input[i])}; };
  const size_t tag = byte(0);
  size_t length = (tag >> 2) + 1;
  switch (tag & 3) {
    case 0: {
      if (length <= kSnappyLengthInTagMax) return {length, 0, 1};
      const size_t extra = length - kSnappyLengthInTagMax;
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

// How far an element leads by its tag: in the input, and in the output from bit 16 on. 0 for a
// literal that says so in more bytes.
constexpr std::array<uint32_t, 256> MakeSnappySteps() {
  std::array<uint32_t, 256> steps{};
  for (uint32_t tag = 0; tag < steps.size(); ++tag) {
    const uint32_t length = (tag >> 2) + 1;
    const std::array<uint32_t, 4> kinds{
        length > kSnappyLengthInTagMax ? 0 : length << 16 | (length + 1),
        (((tag >> 2) & 7) + 4) << 16 | 2, length << 16 | 3, length << 16 | 5};
    steps[tag] = kinds[tag & 3];
  }
  return steps;
}

inline constexpr auto kSnappySteps = MakeSnappySteps();
// The most that a step leads in the input.
inline constexpr size_t kSnappyStepMax = 1 + kSnappyLengthInTagMax;

// Between two elements.
struct SnappyPlace {
  size_t input = 0;
  size_t output = 0;
};

}  // namespace icefall
