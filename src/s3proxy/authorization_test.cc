#include "s3proxy/authorization.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/s3/sigv4.h"

namespace icefall::s3proxy {
namespace {

constexpr TimestampMicros kNow = 1'369'353'600'000'000;  // 2013-05-24T00:00:00Z
constexpr int64_t kMinute = 60'000'000;
const S3Credentials kKey{.access_key_id = "AKID/with", .secret_access_key = "secret"};

AuthorizationRules Rules() {
  return {.secret_of = [](const std::string& id) -> std::optional<std::string> {
    return id == kKey.access_key_id ? std::optional(kKey.secret_access_key) : std::nullopt;
  }};
}

HttpRequest Signed(const std::string& path, const std::map<std::string, std::string>& query = {},
                   const S3Credentials& key = kKey, TimestampMicros at = kNow,
                   const std::string& region = "us-east-1") {
  SignedRequest to_sign{.method = "GET",
                        .encoded_path = path,
                        .query = query,
                        .headers = {{"host", "h"}},
                        .payload_sha256 = Sha256Hex("")};
  SignRequest(key, region, at, to_sign);
  HttpRequest request;
  request.method = "GET";
  const std::string text = CanonicalQuery({query.begin(), query.end()});
  request.target = path + (text.empty() ? "" : "?" + text);
  request.headers = to_sign.headers;
  return request;
}

std::expected<std::optional<std::string>, S3Error> Check(const HttpRequest& request,
                                                         TimestampMicros now = kNow) {
  return Authenticate(request, ParseTarget(request, ""), Rules(), now);
}

std::string CodeOf(const HttpRequest& request, TimestampMicros now = kNow) {
  const auto caller = Check(request, now);
  return caller ? "ok" : caller.error().code;
}

TEST(Authorization, WhatWasSignedIsKnown) {
  for (const char* path : {"/b/k", "/b/u%3D1/a%20b", "/b/%25%2B%C3%A9", "/"}) {
    const auto caller = Check(Signed(path, {{"prefix", "a b/=+%"}, {"list-type", "2"}}));
    ASSERT_TRUE(caller.has_value()) << path << " " << caller.error().message;
    EXPECT_EQ(*caller, kKey.access_key_id);
  }
}

// The same path, written in another way than it was signed.
TEST(Authorization, PathsAreEncodedAnew) {
  HttpRequest request = Signed("/b/u%3D1/f");
  request.target = "/b/u=1/f";
  EXPECT_EQ(CodeOf(request), "ok");
}

TEST(Authorization, WithoutSignatureNobodyAsks) {
  HttpRequest request;
  request.target = "/b";
  const auto caller = Check(request);
  ASSERT_TRUE(caller.has_value());
  EXPECT_FALSE(caller->has_value());
}

TEST(Authorization, WhatWasChangedIsRefused) {
  HttpRequest request = Signed("/b/k");
  request.target = "/b/other";
  EXPECT_EQ(CodeOf(request), "SignatureDoesNotMatch");
  request = Signed("/b/k");
  request.method = "HEAD";
  EXPECT_EQ(CodeOf(request), "SignatureDoesNotMatch");
  request = Signed("/b/k", {{"a", "1"}});
  request.target += "&b=2";
  EXPECT_EQ(CodeOf(request), "SignatureDoesNotMatch");
  request = Signed("/b/k");
  request.headers["host"] = "other";
  EXPECT_EQ(CodeOf(request), "SignatureDoesNotMatch");
}

TEST(Authorization, Keys) {
  EXPECT_EQ(CodeOf(Signed("/b", {}, {.access_key_id = "other", .secret_access_key = "secret"})),
            "InvalidAccessKeyId");
  EXPECT_EQ(CodeOf(Signed("/b", {}, {.access_key_id = "AKID/with", .secret_access_key = "wrong"})),
            "SignatureDoesNotMatch");
  EXPECT_EQ(CodeOf(Signed("/b", {}, kKey, kNow, "eu-west-1")), "AuthorizationHeaderMalformed");
}

TEST(Authorization, Clocks) {
  const HttpRequest request = Signed("/b");
  EXPECT_EQ(CodeOf(request, kNow + 15 * kMinute), "ok");
  EXPECT_EQ(CodeOf(request, kNow - 15 * kMinute), "ok");
  EXPECT_EQ(CodeOf(request, kNow + 16 * kMinute), "RequestTimeTooSkewed");
  EXPECT_EQ(CodeOf(request, kNow - 16 * kMinute), "RequestTimeTooSkewed");
}

TEST(Authorization, MalformedHeaders) {
  const auto code_of = [](const std::string& header) {
    HttpRequest request = Signed("/b");
    request.headers["authorization"] = header;
    return CodeOf(request);
  };
  EXPECT_EQ(code_of("AWS AKID:c2ln"), "InvalidRequest");
  EXPECT_EQ(code_of("Bearer x"), "InvalidRequest");
  EXPECT_EQ(code_of("AWS4-HMAC-SHA256"), "AuthorizationHeaderMalformed");
  EXPECT_EQ(code_of("AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=x"),
            "AuthorizationHeaderMalformed");
  EXPECT_EQ(code_of("AWS4-HMAC-SHA256 Credential=AKID/with/20130524/us-east-1/s3/aws4_request,"
                    "SignedHeaders=x-amz-date,Signature=x"),
            "AccessDenied");
  EXPECT_EQ(code_of("AWS4-HMAC-SHA256 Credential=AKID/with/20130523/us-east-1/s3/aws4_request,"
                    "SignedHeaders=host,Signature=x"),
            "AccessDenied");
  HttpRequest request = Signed("/b");
  request.headers.erase("x-amz-date");
  EXPECT_EQ(CodeOf(request), "AccessDenied");
}

// The example of "Authenticating Requests: Using Query Parameters" in the S3 reference.
HttpRequest PresignedExample() {
  HttpRequest request;
  request.method = "GET";
  request.target =
      "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%"
      "2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-"
      "SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  request.headers["host"] = "examplebucket.s3.amazonaws.com";
  return request;
}

std::string ExampleCode(const HttpRequest& request, TimestampMicros now) {
  AuthorizationRules rules;
  rules.secret_of = [](const std::string&) { return "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"; };
  const auto caller = Authenticate(request, ParseTarget(request, "s3.amazonaws.com"), rules, now);
  return caller ? caller->value_or("nobody") : caller.error().code;
}

TEST(Authorization, PresignedUrls) {
  const HttpRequest request = PresignedExample();
  EXPECT_EQ(ExampleCode(request, kNow), "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(ExampleCode(request, kNow + 24 * 60 * kMinute), "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(ExampleCode(request, kNow + 24 * 60 * kMinute + 1), "AccessDenied");
  EXPECT_EQ(ExampleCode(request, kNow - 16 * kMinute), "AccessDenied");
  for (const auto& [text, other] :
       std::map<std::string, std::string>{{"/test.txt", "/other.txt"}, {"=86400", "=86401"}}) {
    HttpRequest changed = request;
    changed.target.replace(changed.target.find(text), text.size(), other);
    EXPECT_EQ(ExampleCode(changed, kNow), "SignatureDoesNotMatch");
  }
  for (const char* expires : {"=0", "=604801", "=", "=x", "=-1"}) {
    HttpRequest changed = request;
    changed.target.replace(changed.target.find("=86400"), 6, expires);
    EXPECT_EQ(ExampleCode(changed, kNow), "AuthorizationQueryParametersError") << expires;
  }
  HttpRequest earlier;  // version 2, which boto3 makes unless it is told otherwise
  earlier.target = "/b/k?AWSAccessKeyId=AKID&Signature=x%3D&Expires=1795369770";
  EXPECT_EQ(ExampleCode(earlier, kNow), "InvalidRequest");
  HttpRequest both = request;
  both.headers["authorization"] = "AWS4-HMAC-SHA256 x";
  EXPECT_EQ(ExampleCode(both, kNow), "InvalidArgument");
}

}  // namespace
}  // namespace icefall::s3proxy
