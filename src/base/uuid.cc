#include "base/uuid.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <sys/random.h>

namespace icefall {
namespace {

void FillRandom(uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t got = getrandom(bytes, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      // No caller can go on without unique names: a repeated one would overwrite data.
      std::perror("icefall: getrandom");
      std::abort();
    }
    bytes += got;
    size -= static_cast<size_t>(got);
  }
}

constexpr bool IsHyphenAt(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string NewUuid(Clock& clock) {
  std::array<uint8_t, 16> bytes;
  FillRandom(bytes.data(), bytes.size());
  const TimestampMicros now = clock.NowMicros();
  const uint64_t micros = now < 0 ? 0 : static_cast<uint64_t>(now);
  const uint64_t millis = micros / 1000;
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(millis >> (40 - 8 * i));
  // RFC 9562 method 3: the 12 bits after the version hold the fraction of the millisecond, so
  // names also sort within one.
  const uint64_t fraction = micros % 1000 * 4096 / 1000;
  bytes[6] = static_cast<uint8_t>(0x70 | fraction >> 8);
  bytes[7] = static_cast<uint8_t>(fraction);
  bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3F));

  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (const uint8_t byte : bytes) {
    if (IsHyphenAt(text.size())) text.push_back('-');
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (IsHyphenAt(i) ? c != '-' : !is_digit) return false;
  }
  return true;
}

}  // namespace icefall
