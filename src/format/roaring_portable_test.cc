#include "format/roaring_portable.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/endian.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

std::string Words(std::initializer_list<unsigned> words) {
  std::string bytes;
  for (const unsigned word : words) AppendLittleEndian(static_cast<uint16_t>(word), bytes);
  return bytes;
}

// One container without runs: cookie, count, key, cardinality - 1, offset, content.
std::string OneContainer(unsigned cardinality, const std::string& content) {
  return Words({12346, 0, 1, 0, 0, cardinality - 1, 16, 0}) + content;
}

// One run container: cookie with the count, run flag, key, cardinality - 1, content.
std::string OneRunContainer(unsigned cardinality, const std::string& content) {
  return Words({12347, 0}) + '\x01' + Words({0, cardinality - 1}) + content;
}

void ExpectSize(std::string_view bytes, size_t size_bytes) {
  const auto found = CheckPortableRoaring(bytes);
  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_EQ(*found, size_bytes);
}

void ExpectCorrupt(std::string_view bytes, const std::string& reason) {
  const auto found = CheckPortableRoaring(bytes);
  ASSERT_FALSE(found.has_value()) << "expected an error about: " << reason;
  EXPECT_EQ(found.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(found.error().message(), HasSubstr(reason));
}

TEST(PortableRoaring, AnswersTheSizeAndIgnoresWhatFollows) {
  const std::string array = OneContainer(2, Words({1, 5}));
  ExpectSize(array, array.size());
  ExpectSize(array + "more", array.size());
  const std::string empty = Words({12346, 0, 0, 0});
  ExpectSize(empty, 8);
  const std::string runs = OneRunContainer(13, Words({2, 0, 9, 20, 2}));
  ExpectSize(runs, runs.size());
}

TEST(PortableRoaring, RefusesEveryCut) {
  for (const std::string& whole :
       {OneContainer(2, Words({1, 5})), OneRunContainer(13, Words({2, 0, 9, 20, 2})),
        OneContainer(65536, std::string(8192, '\xFF'))}) {
    ExpectSize(whole, whole.size());
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(CheckPortableRoaring(whole.substr(0, size)).has_value()) << size;
    }
  }
}

TEST(PortableRoaring, RefusesAnUnknownCookie) {
  ExpectCorrupt(Words({12345, 0, 0, 0}), "cookie is 0x00003039");
  ExpectCorrupt(Words({12346, 1, 0, 0}), "cookie is 0x0001303a");
}

TEST(PortableRoaring, RefusesTooManyContainers) {
  ExpectCorrupt(Words({12346, 0, 1, 1}), "65537 containers, expected at most 65536");
}

TEST(PortableRoaring, RefusesUnsortedArrays) {
  ExpectCorrupt(OneContainer(2, Words({5, 5})), "array value 5 follows 5");
  ExpectCorrupt(OneContainer(2, Words({5, 1})), "array value 1 follows 5");
}

TEST(PortableRoaring, RefusesAWrongBitsetCardinality) {
  ExpectCorrupt(OneContainer(4097, std::string(8192, '\xFF')),
                "bitset has 65536 bits set, expected 4097");
}

TEST(PortableRoaring, RefusesWrongRuns) {
  ExpectCorrupt(OneRunContainer(12, Words({2, 0, 9, 20, 2})), "runs hold 13 values, expected 12");
  ExpectCorrupt(OneRunContainer(13, Words({2, 20, 2, 0, 9})), "run starts at 0, expected 24");
  ExpectCorrupt(OneRunContainer(13, Words({2, 0, 9, 10, 2})), "run starts at 10, expected 11");
  ExpectCorrupt(OneRunContainer(2, Words({1, 65535, 1})), "run ends at 65536");
  ExpectCorrupt(OneRunContainer(1, Words({0})), "runs hold 0 values, expected 1");
}

TEST(PortableRoaring, RefusesUnsortedContainerKeys) {
  const std::string start = Words({12346, 0, 2, 0});
  const std::string tail = Words({24, 0, 26, 0, 1, 1});
  const std::string right = start + Words({3, 0, 4, 0}) + tail;
  ExpectSize(right, right.size());
  ExpectCorrupt(start + Words({4, 0, 4, 0}) + tail, "container key 4 follows 4");
  ExpectCorrupt(start + Words({4, 0, 3, 0}) + tail, "container key 3 follows 4");
}

TEST(PortableRoaring, RefusesAWrongOffset) {
  std::string bytes = OneContainer(2, Words({1, 5}));
  bytes[12] = 17;
  ExpectCorrupt(bytes, "container 0 is said to be at offset 17, expected 16");
}

}  // namespace
}  // namespace icefall
