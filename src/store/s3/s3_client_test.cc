#include "store/s3/s3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/s3/scripted_client.h"
#include "store/s3/scripted_server.h"

namespace icefall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class S3ClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<S3Client> Client(const std::string& url) {
    return ScriptedClient(url, clock_, [this](int64_t pause_ms) { pauses_.push_back(pause_ms); });
  }

  std::vector<int64_t> pauses_;
  ManualClock clock_{*ParseTimestamp("2024-01-01T00:00:00.000000Z")};
};

TEST_F(S3ClientTest, TriesAgainAfterLongerAndLongerPauses) {
  ScriptedServer server(
      {{503, {}, S3ErrorBody("SlowDown")}, {500, {}, ""}, {429, {}, ""}, {200, {}, "x"}});
  const auto client = Client(server.url());
  const auto answer = client->Send({.key = "k"});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->http.body, "x");
  ASSERT_THAT(pauses_, SizeIs(3));
  EXPECT_GE(pauses_[0], 25);
  EXPECT_LE(pauses_[0], 50);
  EXPECT_GE(pauses_[2], 100);
  EXPECT_LE(pauses_[2], 200);
  const RequestCounts sent = client->requests();
  EXPECT_EQ(sent.reads + sent.lists + sent.writes, 4u);
}

TEST_F(S3ClientTest, GivesUpSayingWhetherItMayHaveHappened) {
  ScriptedServer slow({4, ScriptedAnswer{503, {}, S3ErrorBody("SlowDown")}});
  auto refused = Client(slow.url())->Send({.method = "PUT", .key = "k", .body = "b"});
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("SlowDown"));
  ScriptedServer cut({4, ScriptedAnswer{0, {}, ""}});
  auto lost = Client(cut.url())->Send({.method = "PUT", .key = "k", .body = "b"});
  EXPECT_EQ(lost.error().code(), ErrorCode::kOutcomeUnknown);
  EXPECT_THAT(lost.error().message(), HasSubstr("after 4 attempts"));
}

TEST_F(S3ClientTest, NobodyListeningIsUnavailable) {
  std::string url;
  {
    ScriptedServer gone({});
    url = gone.url();
  }
  EXPECT_EQ(Client(url)->Send({.key = "k"}).error().code(), ErrorCode::kUnavailable);
}

TEST_F(S3ClientTest, WhatIsWrongWithCertificatesIsNotTriedAgain) {
  ScriptedServer server({});
  const std::string url = "https" + server.url().substr(4) + "&ca_bundle=/none/ca.pem";
  const auto answer = Client(url)->Send({.key = "k"});
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(answer.error().message(), HasSubstr("/none/ca.pem"));
  EXPECT_THAT(pauses_, ElementsAre());
}

TEST_F(S3ClientTest, AServerThatDoesNotSpeakTlsIsNotTriedAgain) {
  ScriptedServer server({4, ScriptedAnswer{200, {}, ""}});
  const auto answer = Client("https" + server.url().substr(4))->Send({.key = "k"});
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument) << answer.error().message();
  EXPECT_THAT(answer.error().message(), HasSubstr("expected TLS"));
  EXPECT_THAT(pauses_, ElementsAre());
}

TEST_F(S3ClientTest, AHandshakeThatIsCutIsTriedAgain) {
  ScriptedServer server({4, ScriptedAnswer{0, {}, ""}});
  const auto answer = Client("https" + server.url().substr(4))->Send({.key = "k"});
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable) << answer.error().message();
  EXPECT_THAT(pauses_, SizeIs(3));
}

TEST_F(S3ClientTest, ARefusalDoesNotUndoAnEarlierAttempt) {
  const ScriptedAnswer denied{403, {}, S3ErrorBody("AccessDenied")};
  for (const char* method : {"PUT", "POST", "DELETE"}) {
    ScriptedServer server({{0, {}, ""}, denied});
    const auto answer = Client(server.url())->Send({.method = method, .key = "k", .body = "b"});
    EXPECT_EQ(answer.error().code(), ErrorCode::kOutcomeUnknown) << method;
    EXPECT_THAT(answer.error().message(), HasSubstr("AccessDenied"));
  }
  ScriptedServer server({{0, {}, ""}, denied, {503, {}, S3ErrorBody("SlowDown")}, denied});
  const auto client = Client(server.url());
  EXPECT_EQ(client->Send({.key = "k"}).error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(client->Send({.method = "PUT", .key = "k", .body = "b"}).error().code(),
            ErrorCode::kPermissionDenied)
      << "nothing was done before the refusal";
}

TEST_F(S3ClientTest, RefusalsAreNotTriedAgain) {
  ScriptedServer server(
      {{403, {}, S3ErrorBody("AccessDenied")}, {404, {}, S3ErrorBody("NoSuchBucket")}});
  const auto client = Client(server.url());
  const auto denied = client->Send({.key = "k"});
  EXPECT_EQ(denied.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(denied.error().message(), HasSubstr("s3://lake/k"));
  EXPECT_THAT(denied.error().message(), HasSubstr("AccessDenied: said so"));
  EXPECT_EQ(client->Send({.key = "k"}).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(pauses_, ElementsAre());
}

TEST_F(S3ClientTest, NotFoundIsAnAnswerAboutObjectsOnly) {
  ScriptedServer server({{404, {}, S3ErrorBody("NoSuchKey")},
                         {404, {}, ""},
                         {404, {}, S3ErrorBody("XAdminUserNotFound")}});
  const auto client = Client(server.url());
  EXPECT_EQ(client->Send({.key = "k"})->http.status, 404);
  EXPECT_EQ(client->Send({.key = "k"})->http.status, 404);
  EXPECT_THAT(client->Send({.key = "k"}).error().message(), HasSubstr("XAdminUserNotFound"));
}

// The hash is one of the signed headers, so that a server that looks at signatures compares it with
// the body.
TEST_F(S3ClientTest, ABodyThatArrivesDamagedIsSentAgain) {
  ScriptedServer server({{400, {}, S3ErrorBody("XAmzContentSHA256Mismatch")}, {200, {}, ""}});
  const auto client = Client(server.url());
  ASSERT_TRUE(client->Send({.method = "PUT", .key = "k", .body = "bytes"}).has_value());
  ASSERT_THAT(server.requests(), SizeIs(2));
  for (const std::string& request : server.requests()) {
    EXPECT_THAT(request, HasSubstr("x-amz-content-sha256: " + Sha256Hex("bytes")));
    EXPECT_THAT(request, HasSubstr("x-amz-content-sha256;x-amz-date"));
  }
}

TEST_F(S3ClientTest, TakesTheServersClock) {
  ScriptedServer server(
      {{403, {"Date: Mon, 01 Jan 2024 02:00:00 GMT"}, S3ErrorBody("RequestTimeTooSkewed")},
       {200, {}, ""}});
  EXPECT_TRUE(Client(server.url())->Send({.key = "k"}).has_value());
  EXPECT_THAT(server.requests()[0], HasSubstr("x-amz-date: 20240101T000000Z"));
  EXPECT_THAT(server.requests()[1], HasSubstr("x-amz-date: 20240101T020000Z"));
}

TEST_F(S3ClientTest, TakesTheBucketsRegion) {
  ScriptedServer server(
      {{301, {"x-amz-bucket-region: eu-west-1"}, S3ErrorBody("PermanentRedirect")},
       {200, {}, ""},
       {200, {}, ""}});
  const auto client = Client(server.url());
  EXPECT_TRUE(client->Send({.key = "k"}).has_value());
  EXPECT_THAT(server.requests()[0], HasSubstr("/us-east-1/s3/"));
  EXPECT_THAT(server.requests()[1], HasSubstr("/eu-west-1/s3/"));
  EXPECT_TRUE(client->Send({.key = "k"}).has_value());
  EXPECT_THAT(server.requests()[2], HasSubstr("/eu-west-1/s3/"));
}

TEST_F(S3ClientTest, TakesTheRegionThatAnErrorNames) {
  ScriptedServer server({{400,
                          {},
                          "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong"
                          "</Message><Region>eu-west-1</Region></Error>"},
                         {200, {}, ""}});
  ASSERT_TRUE(Client(server.url())->Send({.key = "k"}).has_value());
  EXPECT_THAT(server.requests()[1], HasSubstr("/eu-west-1/s3/"));
}

TEST_F(S3ClientTest, ARedirectionElsewhereIsNamedAndNotFollowed) {
  ScriptedServer server({{307, {"Location: http://elsewhere:1/lake/k"}, ""}});
  const auto refused = Client(server.url())->Send({.key = "k"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("307; it points to http://elsewhere:1/lake/k"));
  EXPECT_THAT(server.requests(), SizeIs(1));
}

}  // namespace
}  // namespace icefall
