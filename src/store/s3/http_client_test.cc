#include "store/s3/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/s3/scripted_server.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

TEST(HttpClientTest, SendsWhatItIsGivenAndAnswersWhatCame) {
  ScriptedServer server({{207, {"X-Odd:  two words", "ETag: \"e\""}, "answer"}});
  HttpClient client({});
  HttpRequest request;
  request.method = "PUT";
  request.url = server.url() + "/a%20b/../c?x=1";
  request.headers = {{"x-given", "value"}, {"x-empty", ""}};
  request.body = "the body";
  const auto response = client.Send(request);
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status, 207);
  EXPECT_EQ(response->body, "answer");
  EXPECT_EQ(response->Header("x-odd"), "two words");
  EXPECT_EQ(response->Header("etag"), "\"e\"");
  EXPECT_EQ(response->Header("none"), "");
  const auto sent = server.requests().at(0);
  EXPECT_THAT(sent, HasSubstr("PUT /a%20b/../c?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("x-given: value\r\n"));
  EXPECT_THAT(sent, HasSubstr("x-empty:\r\n"));
  EXPECT_THAT(sent, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\n\r\nthe body"));
}

TEST(HttpClientTest, TellsWhetherARequestMayHaveArrived) {
  HttpRequest request;
  {
    ScriptedServer cut({{0, {}, ""}});
    request.url = cut.url();
    EXPECT_EQ(HttpClient({}).Send(request).error().code(), ErrorCode::kOutcomeUnknown);
  }
  EXPECT_EQ(HttpClient({}).Send(request).error().code(), ErrorCode::kUnavailable);
  request.url = "file:///etc/passwd";
  EXPECT_EQ(HttpClient({}).Send(request).error().code(), ErrorCode::kUnavailable);
}

TEST(HttpClientTest, RefusesBodiesPastTheLimit) {
  ScriptedServer server({{200, {}, "0123456789"}, {200, {}, "01234567"}});
  HttpClient client({.body_size_max = 8});
  HttpRequest request;
  request.url = server.url();
  EXPECT_EQ(client.Send(request).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(client.Send(request)->body, "01234567");
}

// Servers whose certificates are not trusted: tests/cli/test_s3_tls.py.
TEST(HttpClientTest, NamesAFileOfAuthoritiesThatItCannotRead) {
  ScriptedServer server({});
  HttpClient client({.ca_bundle = "/none/ca.pem"});
  HttpRequest request;
  const std::string endpoint = "https" + server.url().substr(4);
  request.url = endpoint + "/lake/key";
  const Error error = client.Send(request).error();
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr(endpoint + ": expected a file of certificates"));
  EXPECT_THAT(error.message(), HasSubstr("'/none/ca.pem', which ca_bundle or AWS_CA_BUNDLE names"));
}

}  // namespace
}  // namespace icefall
