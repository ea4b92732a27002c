#include "store/s3/s3_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using ::testing::HasSubstr;

TEST(S3AnswersTest, ReadsAnError) {
  const auto error = ParseS3Error(
      "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>less, please</Message></Error>");
  EXPECT_EQ(error.code, "SlowDown");
  EXPECT_EQ(error.message, "less, please");
  EXPECT_EQ(ParseS3Error("<html>").code, "");
  EXPECT_EQ(ParseS3Error("").code, "");
}

TEST(S3AnswersTest, ReadsAPageOfAListing) {
  const auto page = ParseS3List(
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url"
      "</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</"
      "NextContinuationToken><Contents><Key>a%2Fb%20c%2Bd+e</Key><LastModified>2024-01-02T03:04:"
      "05.678Z</LastModified><ETag>&quot;abc&quot;</ETag><Size>5000000000</Size></Contents>"
      "</ListBucketResult>");
  ASSERT_TRUE(page.has_value()) << page.error().message();
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].key, "a/b c+d e");
  EXPECT_EQ(page->objects[0].size_bytes, 5'000'000'000u);
  EXPECT_EQ(page->objects[0].etag, "\"abc\"");
  EXPECT_EQ(page->objects[0].modified_at, *ParseTimestamp("2024-01-02T03:04:05.000000Z"));
  EXPECT_EQ(page->next_token, "t/1=");
}

TEST(S3AnswersTest, RefusesWhatIsNoAnswer) {
  EXPECT_EQ(ParseS3List("<html></html>").error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(ParseS3List("gateway timeout").error().message(), HasSubstr("gateway timeout"));
  EXPECT_FALSE(ParseS3List("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"));
  EXPECT_FALSE(ParseS3UploadId(""));
  EXPECT_FALSE(ParseS3CompletedEtag("<Error><Code>InternalError</Code></Error>"));
}

TEST(S3AnswersTest, ReadsUploads) {
  EXPECT_EQ(*ParseS3UploadId("<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                             "</InitiateMultipartUploadResult>"),
            "u1");
  EXPECT_EQ(*ParseS3CompletedEtag("<CompleteMultipartUploadResult><ETag>\"e\"</ETag>"
                                  "</CompleteMultipartUploadResult>"),
            "\"e\"");
  const auto uploads = ParseS3Uploads(
      "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>k</Key><UploadId>u"
      "</UploadId><Initiated>2024-01-02T03:04:05.000Z</Initiated></Upload>"
      "</ListMultipartUploadsResult>");
  ASSERT_TRUE(uploads.has_value());
  ASSERT_EQ(uploads->uploads.size(), 1u);
  EXPECT_EQ(uploads->uploads[0].upload_id, "u");
  EXPECT_FALSE(uploads->truncated);
}

TEST(S3AnswersTest, NumbersPartsFromOne) {
  EXPECT_EQ(S3CompletionBody({"\"a\"", "\"b\""}),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>\"b\"</ETag></Part></CompleteMultipartUpload>");
}

TEST(S3AnswersTest, AsksForDeletionsAndReadsWhatStays) {
  EXPECT_EQ(S3DeletionBody({"a/b", "c<&>d"}),
            "<Delete><Quiet>true</Quiet><Object><Key>a/b</Key></Object>"
            "<Object><Key>c&lt;&amp;&gt;d</Key></Object></Delete>");
  const auto left = ParseS3Undeleted(
      "<DeleteResult><Deleted><Key>a/b</Key></Deleted><Error><Key>c&lt;&amp;&gt;d</Key>"
      "<Code>InternalError</Code></Error></DeleteResult>");
  ASSERT_TRUE(left.has_value());
  EXPECT_THAT(*left, ::testing::ElementsAre("c<&>d"));
  EXPECT_THAT(*ParseS3Undeleted("<DeleteResult/>"), ::testing::IsEmpty());
  EXPECT_EQ(ParseS3Undeleted("<Other/>").error().code(), ErrorCode::kCorruption);
}

TEST(S3AnswersTest, ReadsContentRanges) {
  const auto range = ParseContentRange("bytes 2-9/1234");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->begin, 2u);
  EXPECT_EQ(range->end, 10u);
  EXPECT_EQ(range->object_size_bytes, 1234u);
  const auto nothing = ParseContentRange("bytes */1234");
  ASSERT_TRUE(nothing.has_value());
  EXPECT_EQ(nothing->begin, nothing->end);
  EXPECT_EQ(nothing->object_size_bytes, 1234u);
  for (const char* other :
       {"", "bytes", "bytes 2-9", "bytes 2-9/", "bytes 2-9/*", "bytes 9-2/20", "bytes 2-20/20",
        "bytes -9/20", "bytes 2-9/1234 ", "bytes 0-18446744073709551615/18446744073709551615",
        "bytes 2-9/99999999999999999999", "lines 2-9/1234"}) {
    EXPECT_FALSE(ParseContentRange(other)) << other;
  }
}

TEST(S3AnswersTest, ReadsHttpDates) {
  EXPECT_EQ(ParseHttpDate("Wed, 21 Oct 2015 07:28:00 GMT"),
            *ParseTimestamp("2015-10-21T07:28:00.000000Z"));
  EXPECT_EQ(ParseHttpDate("yesterday"), 0);
}

}  // namespace
}  // namespace icefall
