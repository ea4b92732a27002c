// Snappy streams for tests, element by element.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace icefall {

// Compressed bytes, and what they hold.
struct SnappyStream {
  std::string elements;
  std::string bytes;

  void AddLiteral(std::string_view text) {
    const size_t last = text.size() - 1;
    if (last < 60) {
      elements += static_cast<char>(last << 2);
    } else {
      elements += static_cast<char>(62 << 2);  // three bytes of length
      for (int shift = 0; shift < 24; shift += 8) elements += static_cast<char>(last >> shift);
    }
    elements += text;
    bytes += text;
  }

  void AddCopy(size_t distance, size_t length) {
    if (length >= 4 && length <= 11 && distance < 2048) {
      elements += static_cast<char>(1 | (length - 4) << 2 | distance >> 8 << 5);
      elements += static_cast<char>(distance);
    } else {
      const int width = distance < 65'536 ? 2 : 4;
      elements += static_cast<char>((width == 2 ? 2 : 3) | (length - 1) << 2);
      for (int i = 0; i < width; ++i) elements += static_cast<char>(distance >> (8 * i));
    }
    for (size_t i = 0; i < length; ++i) bytes += bytes[bytes.size() - distance];
  }

  std::string Compressed() const {
    std::string result;
    size_t rest = bytes.size();
    for (; rest >= 0x80; rest >>= 7) result += static_cast<char>(rest | 0x80);
    return result + static_cast<char>(rest) + elements;
  }
};

// Elements that stay within blocks of `block_size_bytes`, as compressors write them; 0: they refer
// to anything before. `literal_max`: no literal is longer.
inline SnappyStream RandomSnappyStream(size_t size_bytes, size_t block_size_bytes,
                                       size_t literal_max = 64, uint32_t seed = 7) {
  std::mt19937 random(seed);
  SnappyStream stream;
  while (stream.bytes.size() < size_bytes) {
    const size_t size = stream.bytes.size();
    const size_t begin = block_size_bytes > 0 ? size % block_size_bytes : size;
    size_t left = size_bytes - size;
    if (block_size_bytes > 0) left = std::min(left, block_size_bytes - begin);
    if (begin > 0 && random() % 3 > 0) {
      const size_t length = std::min<size_t>(left, 1 + random() % 64);
      stream.AddCopy(1 + random() % std::min<size_t>(begin, 70'000), length);
    } else {
      std::string text;
      const size_t length = std::min<size_t>(left, 1 + random() % literal_max);
      for (size_t i = 0; i < length; ++i) text += static_cast<char>(random() % 256);
      stream.AddLiteral(text);
    }
  }
  return stream;
}

}  // namespace icefall
