#include "format/rle_runs.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

std::vector<uint64_t> All(std::string_view bytes, uint8_t width, uint64_t count) {
  std::vector<uint64_t> values;
  RleRuns runs(bytes, width);
  while (const auto run = runs.Next()) {
    EXPECT_EQ(run->first, values.size());
    for (uint64_t i = 0; i < run->count && values.size() < count; ++i) {
      values.push_back(run->Value(i));
    }
  }
  return values;
}

TEST(RleRuns, ReadsRunsAndPackedBits) {
  // Four times 5, then 0 to 7 in three bits each, then twice 2.
  const std::string bytes("\x08\x05\x03\x88\xC6\xFA\x04\x02", 8);
  EXPECT_EQ(All(bytes, 3, 14), (std::vector<uint64_t>{5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7, 2, 2}));
}

TEST(RleRuns, WideValuesAndNone) {
  EXPECT_EQ(All(std::string("\x02\x78\x56\x34\x12", 5), 32, 1), std::vector<uint64_t>{0x12345678});
  EXPECT_EQ(All(std::string("\x06", 1), 0, 3), (std::vector<uint64_t>{0, 0, 0}));
  EXPECT_EQ(All("", 4, 1), std::vector<uint64_t>());
  // A run without its value, packed bits without their bytes, endless numbers, nothing at all.
  EXPECT_EQ(All("\x08", 3, 9), std::vector<uint64_t>());
  EXPECT_EQ(All("\x03", 3, 9), std::vector<uint64_t>());
  EXPECT_EQ(All(std::string(20, '\xFF'), 3, 9), std::vector<uint64_t>());
  EXPECT_EQ(All(std::string(2, '\0'), 3, 9), std::vector<uint64_t>());
}

TEST(RleRuns, UnpacksFromAnywhere) {
  for (uint8_t width = 1; width <= RleRuns::kWidthMax; ++width) {
    std::string packed(1, static_cast<char>(5 << 1 | 1));  // 40 numbers
    for (int i = 0; i < 5 * width; ++i) packed += static_cast<char>(i * 91 + width);
    for (const size_t behind : {0, 3, 40}) {
      const auto bytes = packed + std::string(behind, '\x7F');
      RleRuns runs(bytes, width);
      const auto run = runs.Next();
      ASSERT_EQ(run->count, 40U);
      for (uint64_t begin = 0; begin < 40; begin += 3) {
        for (uint64_t size = 0; begin + size <= 40; ++size) {
          std::vector<uint32_t> values(size + 1, 77);
          run->Unpack(begin, size, values.data());
          for (uint64_t i = 0; i < size; ++i) ASSERT_EQ(values[i], run->Value(begin + i)) << width;
          ASSERT_EQ(values[size], 77U);
        }
      }
    }
  }
}

TEST(RleRuns, CountsOnes) {
  std::string packed(1, static_cast<char>(25 << 1 | 1));  // 200 bits
  for (int i = 0; i < 25; ++i) packed += static_cast<char>(i * 37);
  RleRuns runs(packed, 1);
  const auto run = runs.Next();
  ASSERT_TRUE(run.has_value());
  ASSERT_EQ(run->count, 200U);
  uint64_t ones = 0;
  for (uint64_t end = 0; end <= 200; ++end) {
    EXPECT_EQ(run->CountOnes(end), ones) << end;
    if (end < 200) ones += run->Value(end);
  }
  RleRuns same("\x0A\x01", 1);
  EXPECT_EQ(same.Next()->CountOnes(4), 4U);
}

}  // namespace
}  // namespace icefall
