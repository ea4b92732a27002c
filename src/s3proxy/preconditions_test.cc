#include "s3proxy/preconditions.h"

#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

constexpr TimestampMicros kModified = 1'445'412'480'500'000;  // Wed, 21 Oct 2015 07:28:00.5 GMT

int Status(std::map<std::string, std::string> headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return StatusByPreconditions(request, "\"abc\"", kModified);
}

TEST(Preconditions, Etags) {
  EXPECT_EQ(Status({}), 200);
  EXPECT_EQ(Status({{"if-match", "\"abc\""}}), 200);
  EXPECT_EQ(Status({{"if-match", "abc"}}), 200);
  EXPECT_EQ(Status({{"if-match", "\"x\", \"abc\""}}), 200);
  EXPECT_EQ(Status({{"if-match", "*"}}), 200);
  EXPECT_EQ(Status({{"if-match", "\"x\""}}), 412);
  EXPECT_EQ(Status({{"if-none-match", "\"abc\""}}), 304);
  EXPECT_EQ(Status({{"if-none-match", "W/\"abc\""}}), 304);
  EXPECT_EQ(Status({{"if-none-match", "*"}}), 304);
  EXPECT_EQ(Status({{"if-none-match", "\"x\""}}), 200);
}

TEST(Preconditions, Dates) {
  const char* same = "Wed, 21 Oct 2015 07:28:00 GMT";
  const char* before = "Wed, 21 Oct 2015 07:27:59 GMT";
  EXPECT_EQ(Status({{"if-modified-since", same}}), 304);
  EXPECT_EQ(Status({{"if-modified-since", before}}), 200);
  EXPECT_EQ(Status({{"if-modified-since", "yesterday"}}), 200);
  EXPECT_EQ(Status({{"if-unmodified-since", same}}), 200);
  EXPECT_EQ(Status({{"if-unmodified-since", before}}), 412);
  EXPECT_EQ(Status({{"if-unmodified-since", "yesterday"}}), 200);
}

TEST(Preconditions, EtagsCountMoreThanDates) {
  const char* before = "Wed, 21 Oct 2015 07:27:59 GMT";
  EXPECT_EQ(Status({{"if-match", "\"abc\""}, {"if-unmodified-since", before}}), 200);
  EXPECT_EQ(
      Status({{"if-none-match", "\"x\""}, {"if-modified-since", "Wed, 21 Oct 2015 07:28:00 GMT"}}),
      200);
}

TEST(Preconditions, RangesOfAKnownObject) {
  const auto counts = [](const std::string& known) {
    HttpRequest request;
    if (!known.empty()) request.headers["if-range"] = known;
    return RangeCounts(request, "\"abc\"", kModified);
  };
  EXPECT_TRUE(counts(""));
  EXPECT_TRUE(counts("\"abc\""));
  EXPECT_TRUE(counts("Wed, 21 Oct 2015 07:28:00 GMT"));
  EXPECT_FALSE(counts("\"x\""));
  EXPECT_FALSE(counts("Wed, 21 Oct 2015 07:28:01 GMT"));
}

}  // namespace
}  // namespace icefall::s3proxy
