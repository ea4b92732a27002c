#include "s3proxy/byte_range.h"

#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

using Kind = ByteRange::Kind;

void ExpectPart(std::string_view header, uint64_t offset, uint64_t size_bytes) {
  const ByteRange range = ParseByteRange(header, 100);
  EXPECT_EQ(range.kind, Kind::kPart) << header;
  EXPECT_EQ(range.offset, offset) << header;
  EXPECT_EQ(range.size_bytes, size_bytes) << header;
}

TEST(ByteRange, Parts) {
  ExpectPart("bytes=0-0", 0, 1);
  ExpectPart("bytes=10-19", 10, 10);
  ExpectPart("bytes=90-200", 90, 10);
  ExpectPart("bytes=99-", 99, 1);
  ExpectPart("bytes=-1", 99, 1);
  ExpectPart("bytes=-500", 0, 100);
  ExpectPart("bytes=0-99999999999999999999999", 0, 100);
}

TEST(ByteRange, CannotBeSatisfied) {
  for (const char* header :
       {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(ParseByteRange(header, 100).kind, Kind::kUnsatisfiable) << header;
  }
  EXPECT_EQ(ParseByteRange("bytes=0-", 0).kind, Kind::kUnsatisfiable);
  EXPECT_EQ(ParseByteRange("bytes=-5", 0).kind, Kind::kUnsatisfiable);
}

TEST(ByteRange, OthersAreIgnored) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5", "bytes=5-4",
                             "bytes=0-1,5-6", "rows=0-1", "bytes=+1-2", "bytes= 0-1"}) {
    const ByteRange range = ParseByteRange(header, 100);
    EXPECT_EQ(range.kind, Kind::kWhole) << header;
    EXPECT_EQ(range.size_bytes, 100U) << header;
  }
}

}  // namespace
}  // namespace icefall::s3proxy
