#include "store/s3/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

// The keys and the day of the examples in the S3 reference.
const S3Credentials kExample = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                "", INT64_MAX};
const TimestampMicros kExampleDay = *ParseTimestamp("2013-05-24T00:00:00.000000Z");

TEST(SigV4Test, SignsTheReferencesGetOfARange) {
  SignedRequest request{"GET",
                        "/test.txt",
                        {},
                        {{"host", "examplebucket.s3.amazonaws.com"}, {"range", "bytes=0-9"}},
                        Sha256Hex("")};
  SignRequest(kExample, "us-east-1", kExampleDay, request);
  EXPECT_EQ(request.headers["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4Test, SignsTheReferencesPut) {
  SignedRequest request{"PUT",
                        "/" + UriEncode("test$file.text", false),
                        {},
                        {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                         {"host", "examplebucket.s3.amazonaws.com"},
                         {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                        Sha256Hex("Welcome to Amazon S3.")};
  SignRequest(kExample, "us-east-1", kExampleDay, request);
  EXPECT_THAT(request.headers["authorization"],
              HasSubstr("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SigV4Test, SignsTheReferencesListing) {
  SignedRequest request{"GET",
                        "/",
                        {{"max-keys", "2"}, {"prefix", "J"}},
                        {{"host", "examplebucket.s3.amazonaws.com"}},
                        Sha256Hex("")};
  SignRequest(kExample, "us-east-1", kExampleDay, request);
  EXPECT_THAT(request.headers["authorization"],
              HasSubstr("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(SigV4Test, EncodesByBytes) {
  EXPECT_EQ(UriEncode("a/b c+é%=~", false), "a/b%20c%2B%C3%A9%25%3D~");
  EXPECT_EQ(UriEncode("a/b", true), "a%2Fb");
  EXPECT_EQ(CanonicalQuery({{"b", "/"}, {"a", ""}}), "a=&b=%2F");
}

TEST(SigV4Test, CoversTheSessionToken) {
  SignedRequest request{"GET", "/", {}, {{"host", "h"}}, Sha256Hex("")};
  S3Credentials credentials = kExample;
  credentials.session_token = "token";
  SignRequest(credentials, "eu-west-1", kExampleDay, request);
  EXPECT_EQ(request.headers["x-amz-security-token"], "token");
  EXPECT_THAT(request.headers["authorization"], HasSubstr("x-amz-date;x-amz-security-token,"));
}

}  // namespace
}  // namespace icefall
