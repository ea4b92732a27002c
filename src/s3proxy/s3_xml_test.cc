#include "s3proxy/s3_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/s3/s3_answers.h"

namespace icefall::s3proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

ListXml Sample() {
  return {.bucket = "b",
          .prefix = "u=1/a b",
          .next = "token",
          .key_count_max = 2,
          .objects = {{"u=1/<a>&\"é\x01+ ", 1'445'412'480'500'000, "\"e\"", 42}},
          .common_prefixes = {"u=1/c/"}};
}

// Our own client reads what we write, encoded or not.
TEST(S3Xml, ListingsAreRead) {
  for (const bool url_encoded : {false, true}) {
    ListXml xml = Sample();
    xml.url_encoded = url_encoded;
    xml.truncated = true;
    const auto read = ParseS3List(xml.ToText());
    ASSERT_TRUE(read.has_value()) << read.error().message();
    ASSERT_EQ(read->objects.size(), 1U);
    EXPECT_EQ(read->objects[0].key, Sample().objects[0].key);
    EXPECT_EQ(read->objects[0].size_bytes, 42U);
    EXPECT_EQ(read->objects[0].etag, "\"e\"");
    EXPECT_EQ(read->next_token, "token");
  }
}

TEST(S3Xml, Versions) {
  ListXml xml = Sample();
  EXPECT_THAT(xml.ToText(), HasSubstr("<KeyCount>2</KeyCount>"));
  EXPECT_THAT(xml.ToText(), HasSubstr("<LastModified>2015-10-21T07:28:00.500Z</LastModified>"));
  EXPECT_THAT(xml.ToText(), HasSubstr("<CommonPrefixes><Prefix>u=1/c/</Prefix></CommonPrefixes>"));
  EXPECT_THAT(xml.ToText(), Not(HasSubstr("NextContinuationToken")));
  xml.is_v2 = false;
  xml.truncated = true;
  EXPECT_THAT(xml.ToText(), HasSubstr("<NextMarker>token</NextMarker>"));
  EXPECT_THAT(xml.ToText(), Not(HasSubstr("KeyCount")));
}

TEST(S3Xml, Errors) {
  const auto read = ParseS3Error(ErrorXml("NoSuchKey", "there is no <x> & y", "/b/k"));
  EXPECT_EQ(read.code, "NoSuchKey");
  EXPECT_EQ(read.message, "there is no <x> & y");
}

}  // namespace
}  // namespace icefall::s3proxy
