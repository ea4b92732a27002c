#include "format/snappy_blocks.h"

#include <cstdint>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using ::testing::HasSubstr;

// Compressed bytes, and what they hold.
struct Stream {
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

// Elements that stay within blocks, as compressors write them, or refer to anything before.
Stream RandomStream(size_t size_bytes, bool within_blocks) {
  std::mt19937 random(7);
  Stream stream;
  while (stream.bytes.size() < size_bytes) {
    const size_t begin =
        within_blocks ? stream.bytes.size() % SnappyBlocks::kBlockSize : stream.bytes.size();
    size_t left = size_bytes - stream.bytes.size();
    if (within_blocks) left = std::min(left, SnappyBlocks::kBlockSize - begin);
    const size_t length = std::min<size_t>(left, 1 + random() % 64);
    if (begin > 0 && random() % 3 > 0) {
      stream.AddCopy(1 + random() % std::min<size_t>(begin, 70'000), length);
    } else {
      std::string text;
      for (size_t i = 0; i < length; ++i) text += static_cast<char>(random() % 256);
      stream.AddLiteral(text);
    }
  }
  return stream;
}

void ExpectSameParts(const Stream& stream, size_t stride) {
  const auto compressed = stream.Compressed();
  const size_t size = stream.bytes.size();
  auto forwards = SnappyBlocks::Open(compressed, size);
  auto backwards = SnappyBlocks::Open(compressed, size);
  ASSERT_TRUE(forwards.has_value() && backwards.has_value());
  for (size_t begin = 0; begin < size; begin += stride) {
    const size_t end = std::min(size, begin + 9);
    const auto part = forwards->Read(begin, end);
    ASSERT_TRUE(part.has_value()) << part.error().message();
    ASSERT_EQ(*part, std::string_view(stream.bytes).substr(begin, end - begin)) << begin;
    const auto other = backwards->Read(size - end, size - begin);
    ASSERT_TRUE(other.has_value()) << other.error().message();
    ASSERT_EQ(*other, std::string_view(stream.bytes).substr(size - end, end - begin)) << begin;
  }
  EXPECT_EQ(*forwards->Read(0, size), stream.bytes);
}

TEST(SnappyBlocks, ReadsAnyPart) { ExpectSameParts(RandomStream(500'000, true), 977); }

TEST(SnappyBlocks, FollowsWhatRefersToBlocksBefore) {
  ExpectSameParts(RandomStream(300'000, false), 977);
}

TEST(SnappyBlocks, EndsAtTheEndOfABlock) {
  ExpectSameParts(RandomStream(2 * SnappyBlocks::kBlockSize, true), 4096);
}

TEST(SnappyBlocks, HoldsNothing) {
  auto blocks = SnappyBlocks::Open(std::string_view("\0", 1), 0);
  ASSERT_TRUE(blocks.has_value());
  EXPECT_EQ(*blocks->Read(0, 0), "");
}

TEST(SnappyBlocks, LiteralsLongerThanABlock) {
  Stream stream;
  stream.AddLiteral(std::string(200'000, 'x') + "y");
  stream.AddCopy(1, 60);
  stream.AddCopy(150'000, 64);
  ExpectSameParts(stream, 1'000);
}

TEST(SnappyBlocks, RefusesDamage) {
  const auto message = [](std::string_view compressed, size_t size) {
    auto blocks = SnappyBlocks::Open(compressed, size);
    if (!blocks) return blocks.error().message();
    const auto read = blocks->Read(0, size);
    return read ? std::string("none") : read.error().message();
  };
  EXPECT_THAT(message("", 1), HasSubstr("cut off"));
  EXPECT_THAT(message("\x05", 4), HasSubstr("states 5 bytes, expected 4"));
  EXPECT_THAT(message("\x04", 4), HasSubstr("ends too early"));
  EXPECT_THAT(message(std::string_view("\x04\x0C"
                                       "abc",
                                       5),
                      4),
              HasSubstr("within a literal"));
  EXPECT_THAT(message(std::string_view("\x04\xF0", 2), 4), HasSubstr("within an element"));
  // Copies: of what is not there yet, and of itself.
  EXPECT_THAT(message(std::string_view("\x03\x0A\x01\x00", 4), 3), HasSubstr("before its"));
  EXPECT_THAT(message(std::string_view("\x04\x00"
                                       "a\x0A\x00\x00",
                                       6),
                      4),
              HasSubstr("no distance"));
}

TEST(SnappyBlocks, EveryCutAndChangeIsRefusedOrReadWithinBounds) {
  const auto stream = RandomStream(3'000, false);
  const auto compressed = stream.Compressed();
  for (size_t cut = 0; cut < compressed.size(); cut += 7) {
    auto blocks = SnappyBlocks::Open(std::string_view(compressed).substr(0, cut), 3'000);
    EXPECT_FALSE(blocks && blocks->Read(0, 3'000)) << cut;
  }
  std::mt19937 random(3);
  size_t refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    auto changed = compressed;
    changed[random() % changed.size()] = static_cast<char>(random());
    auto blocks = SnappyBlocks::Open(changed, 3'000);
    if (!blocks || !blocks->Read(2'000, 2'100) || !blocks->Read(0, 3'000)) ++refused;
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace icefall
