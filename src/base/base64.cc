#include "base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNoDigit = 0xFF;

constexpr std::array<uint8_t, 256> MakeDigits() {
  std::array<uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return digits;
}
constexpr std::array<uint8_t, 256> kDigits = MakeDigits();

size_t PaddingSize(std::string_view text) {
  if (text.ends_with("==")) return 2;
  return text.ends_with("=") ? 1 : 0;
}

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t taken = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < taken ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      text.push_back(j <= taken ? kAlphabet[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return text;
}

Result<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("base64 text has {} characters, expected a multiple of 4", text.size()));
  }
  const size_t padding_size = PaddingSize(text);
  const std::string_view body = text.substr(0, text.size() - padding_size);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int bit_count = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    const uint8_t digit = kDigits[static_cast<uint8_t>(body[i])];
    if (digit == kNoDigit) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("base64 text has byte 0x{:02x} at offset {}, expected a character "
                              "of the alphabet",
                              static_cast<uint8_t>(body[i]), i));
    }
    bits = (bits << 6 | digit) & 0xFFFF;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<char>(bits >> bit_count & 0xFF));
    }
  }
  // One text per byte string: otherwise equal content could have unequal hashes.
  if ((bits & ((1u << bit_count) - 1)) != 0) {
    return Fail(ErrorCode::kInvalidArgument,
                "base64 text ends in a character with unused bits set, expected zero bits");
  }
  return bytes;
}

}  // namespace icefall
