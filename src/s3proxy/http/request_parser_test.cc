#include "s3proxy/http/request_parser.h"

#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

TEST(RequestParser, TakesOneRequest) {
  std::string bytes =
      "GET /b/u%3D1/a+b?x=%20 HTTP/1.1\r\nHost: h:1\r\nX-A:  one \r\nx-a: two\r\n\r\nHEAD / HT";
  const auto taken = TakeRequest(bytes);
  ASSERT_TRUE(taken.has_value() && taken->has_value());
  const HttpRequest& request = **taken;
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/b/u%3D1/a+b?x=%20");
  EXPECT_EQ(request.Header("host"), "h:1");
  EXPECT_EQ(request.Header("x-a"), "one,two");
  EXPECT_EQ(request.Header("none"), "");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(request.has_body);
  EXPECT_EQ(bytes, "HEAD / HT");
}

// However the bytes are cut, it is the same request.
TEST(RequestParser, WaitsForTheWholeHead) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string bytes = whole.substr(0, size);
    const auto taken = TakeRequest(bytes);
    ASSERT_TRUE(taken.has_value()) << size;
    EXPECT_FALSE(taken->has_value()) << size;
    EXPECT_EQ(bytes.size(), size);
  }
}

TEST(RequestParser, BodiesAndConnections) {
  const auto take = [](const std::string& head) {
    std::string bytes = head + "\r\n\r\n";
    return **TakeRequest(bytes);
  };
  EXPECT_TRUE(take("PUT / HTTP/1.1\r\nContent-Length: 5").has_body);
  EXPECT_TRUE(take("PUT / HTTP/1.1\r\nContent-Length: 99999999999999").has_body);
  EXPECT_FALSE(take("PUT / HTTP/1.1\r\nContent-Length: 0").has_body);
  EXPECT_TRUE(take("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked").has_body);
  EXPECT_FALSE(take("GET / HTTP/1.1\r\nConnection: close").keep_alive);
  EXPECT_FALSE(take("GET / HTTP/1.0").keep_alive);
}

TEST(RequestParser, OtherBytesAreRefused) {
  for (const std::string text :
       {"\x16\x03\x01\x02\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    std::string bytes = text;
    const auto taken = TakeRequest(bytes);
    ASSERT_FALSE(taken.has_value()) << text;
    EXPECT_EQ(taken.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(RequestParser, HeadsAreBounded) {
  std::string bytes = "GET / HTTP/1.1\r\nX: " + std::string(kRequestHeadSizeMax, 'x');
  const auto taken = TakeRequest(bytes);
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code(), ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace icefall::s3proxy
