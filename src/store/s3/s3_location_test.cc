#include "store/s3/s3_location.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Environment Variables(std::map<std::string, std::string> values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(S3LocationTest, AmazonsBucketsAreHosts) {
  const auto location = S3Location::Parse("//lake/some/where/?region=eu-west-1", Variables({}));
  ASSERT_TRUE(location.has_value()) << location.error().message();
  EXPECT_EQ(location->prefix, "some/where");
  EXPECT_EQ(location->BaseUrl(), "https://lake.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(location->Host(), "lake.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(location->EncodedPath("a b/c"), "/a%20b/c");
  EXPECT_EQ(location->EncodedPath(""), "/");
  EXPECT_EQ(location->Display(), "s3://lake/some/where");
}

TEST(S3LocationTest, BucketsWithDotsArePaths) {
  const auto location = S3Location::Parse("//my.lake", Variables({{"AWS_REGION", "us-west-2"}}));
  ASSERT_TRUE(location.has_value());
  EXPECT_EQ(location->BaseUrl(), "https://s3.us-west-2.amazonaws.com");
  EXPECT_EQ(location->EncodedPath("k"), "/my.lake/k");
  EXPECT_EQ(location->EncodedPath(""), "/my.lake");
}

TEST(S3LocationTest, OtherEndpointsArePathsUnlessTold) {
  const auto variables = Variables({{"AWS_ENDPOINT_URL", "http://127.0.0.1:9000/"}});
  const auto path = S3Location::Parse("//lake/p", variables);
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->BaseUrl() + path->EncodedPath("k"), "http://127.0.0.1:9000/lake/k");
  const auto host =
      S3Location::Parse("//lake/p?addressing=virtual&endpoint=https://h:1", variables);
  ASSERT_TRUE(host.has_value());
  EXPECT_EQ(host->BaseUrl() + host->EncodedPath("k"), "https://lake.h:1/k");
}

TEST(S3LocationTest, OptionsMayBeEncoded) {
  const auto location = S3Location::Parse(
      "//lake?access_key_id=id&secret_access_key=a%2Fb%2Bc&session_token=t", Variables({}));
  ASSERT_TRUE(location.has_value());
  EXPECT_EQ(location->credentials.secret_access_key, "a/b+c");
  EXPECT_EQ(location->credentials.session_token, "t");
}

TEST(S3LocationTest, RefusesWhatItCannotRead) {
  const auto message = [](const char* text) {
    const auto location = S3Location::Parse(text, Variables({}));
    return location ? std::string("parsed") : location.error().message();
  };
  EXPECT_THAT(message("lake/p"), HasSubstr("expected s3://bucket/prefix"));
  EXPECT_THAT(message("///p"), HasSubstr("expected s3://bucket/prefix"));
  EXPECT_THAT(message("//la ke"), HasSubstr("'la ke'"));
  EXPECT_THAT(message("//lake?endpont=x"), HasSubstr("unknown option 'endpont'"));
  EXPECT_THAT(message("//lake?endpoint=ftp://h"), HasSubstr("'ftp://h'"));
  EXPECT_THAT(message("//lake?addressing=host"), HasSubstr("path or virtual"));
  EXPECT_THAT(message("//lake?addressing=virtual&endpoint=http://127.0.0.1:9000"),
              HasSubstr("a host's name for addressing=virtual, found 'http://127.0.0.1:9000'"));
  EXPECT_THAT(message("//lake?addressing=virtual&endpoint=http://[::1]:9000"),
              HasSubstr("found 'http://[::1]:9000'"));
  const auto half = message("//lake?secret_access_key=hidden");
  EXPECT_THAT(half, HasSubstr("access_key_id"));
  EXPECT_THAT(half, Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace icefall
