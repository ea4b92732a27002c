#include "s3proxy/list_request.h"

#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

std::expected<ListRequest, S3Error> Parse(const std::string& query) {
  HttpRequest request;
  request.target = "/b?" + query;
  return ParseListRequest(ParseTarget(request, ""));
}

TEST(ListRequest, Versions) {
  const auto v2 = Parse("list-type=2&prefix=u%3D1/&start-after=k&max-keys=5&encoding-type=url");
  ASSERT_TRUE(v2.has_value());
  EXPECT_TRUE(v2->is_v2 && v2->url_encoded);
  EXPECT_FALSE(v2->has_owner);
  EXPECT_EQ(v2->query.prefix, "u=1/");
  EXPECT_EQ(v2->query.start_after, "k");
  EXPECT_EQ(v2->query.key_count_max, 5U);
  const auto v1 = Parse("marker=m&start-after=ignored&delimiter=/");
  ASSERT_TRUE(v1.has_value());
  EXPECT_FALSE(v1->is_v2);
  EXPECT_TRUE(v1->has_owner);
  EXPECT_EQ(v1->query.start_after, "m");
  EXPECT_EQ(v1->query.delimiter, "/");
  EXPECT_EQ(v1->query.key_count_max, 1000U);
}

TEST(ListRequest, Tokens) {
  const std::string token = ContinuationToken(7, "a/é k+");
  EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
  const auto request = Parse("list-type=2&start-after=first&continuation-token=" + token);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->point, 7U);
  EXPECT_EQ(request->query.start_after, "a/é k+");
  EXPECT_EQ(request->start_after, "first");
}

TEST(ListRequest, WrongValues) {
  for (const char* query : {"list-type=1", "max-keys=-1", "max-keys=x", "max-keys=", "max-keys=1x",
                            "max-keys=99999999999", "encoding-type=xml",
                            "list-type=2&continuation-token=", "list-type=2&continuation-token=zz",
                            "list-type=2&continuation-token=6161"}) {
    const auto request = Parse(query);
    ASSERT_FALSE(request.has_value()) << query;
    EXPECT_STREQ(request.error().code, "InvalidArgument");
  }
  EXPECT_EQ(Parse("max-keys=2000")->query.key_count_max, 1000U);
  EXPECT_EQ(Parse("max-keys=0")->query.key_count_max, 0U);
}

}  // namespace
}  // namespace icefall::s3proxy
