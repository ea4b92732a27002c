#include "format/snappy_blocks.h"

#include <cstdint>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/snappy_stream_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

void ExpectSameParts(const SnappyStream& stream, size_t stride) {
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

TEST(SnappyBlocks, ReadsAnyPart) {
  ExpectSameParts(RandomSnappyStream(500'000, SnappyBlocks::kBlockSize), 977);
}

TEST(SnappyBlocks, FollowsWhatRefersToBlocksBefore) {
  ExpectSameParts(RandomSnappyStream(300'000, 0), 977);
}

TEST(SnappyBlocks, EndsAtTheEndOfABlock) {
  ExpectSameParts(RandomSnappyStream(2 * SnappyBlocks::kBlockSize, SnappyBlocks::kBlockSize), 4096);
}

TEST(SnappyBlocks, HoldsNothing) {
  auto blocks = SnappyBlocks::Open(std::string_view("\0", 1), 0);
  ASSERT_TRUE(blocks.has_value());
  EXPECT_EQ(*blocks->Read(0, 0), "");
}

TEST(SnappyBlocks, LiteralsLongerThanABlock) {
  SnappyStream stream;
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
  const auto stream = RandomSnappyStream(3'000, 0);
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
