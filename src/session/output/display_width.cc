#include "session/output/display_width.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace icefall::output {

namespace {

using Range = std::pair<uint32_t, uint32_t>;

// The blocks that terminals agree on; wcwidth would depend on the process's locale.
constexpr std::array<Range, 17> kWide{{{0x1100, 0x115f},
                                       {0x231a, 0x231b},
                                       {0x23e9, 0x23ec},
                                       {0x25fd, 0x25fe},
                                       {0x2614, 0x2615},
                                       {0x26a1, 0x26a1},
                                       {0x2705, 0x2705},
                                       {0x274c, 0x274c},
                                       {0x2e80, 0x303e},
                                       {0x3041, 0xa4cf},
                                       {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},
                                       {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60},
                                       {0xffe0, 0xffe6},
                                       {0x1f300, 0x1faff},
                                       {0x20000, 0x3fffd}}};
constexpr std::array<Range, 10> kZero{{{0x0300, 0x036f},
                                       {0x0483, 0x0489},
                                       {0x0591, 0x05bd},
                                       {0x064b, 0x065f},
                                       {0x200b, 0x200f},
                                       {0x202a, 0x202e},
                                       {0x20d0, 0x20ff},
                                       {0xfe00, 0xfe0f},
                                       {0xfe20, 0xfe2f},
                                       {0xe0100, 0xe01ef}}};

template <size_t N>
bool InRanges(const std::array<Range, N>& ranges, uint32_t c) {
  const auto next = std::ranges::upper_bound(ranges, c, {}, &Range::first);
  return next != ranges.begin() && c <= std::prev(next)->second;
}

size_t WidthOf(uint32_t c) {
  if (c < 0x300) return 1;
  if (InRanges(kZero, c)) return 0;
  return InRanges(kWide, c) ? 2 : 1;
}

// Takes one character off the front of `text`. A broken byte counts as a character.
uint32_t TakeCharacter(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  length = std::min(length, text.size());
  uint32_t c = length == 1 ? first : first & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  text.remove_prefix(length);
  return c;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) width += WidthOf(TakeCharacter(text));
  return width;
}

std::string CutToWidth(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::string_view rest = text;
  std::string_view kept;
  for (size_t used = 0; !rest.empty();) {
    kept = text.substr(0, text.size() - rest.size());
    used += WidthOf(TakeCharacter(rest));
    if (used > width - 1) break;
  }
  return std::string(kept) + "…";
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

}  // namespace icefall::output
