#include "s3proxy/request_target.h"

#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

RequestTarget Parse(const std::string& target, const std::string& host = "127.0.0.1:80",
                    const std::string& domain = "") {
  HttpRequest request;
  request.target = target;
  request.headers["host"] = host;
  return ParseTarget(request, domain);
}

void ExpectPlace(const RequestTarget& target, const std::string& bucket, const std::string& key) {
  EXPECT_EQ(target.bucket, bucket);
  EXPECT_EQ(target.key, key);
}

TEST(RequestTarget, PathStyle) {
  ExpectPlace(Parse("/"), "", "");
  ExpectPlace(Parse("/b"), "b", "");
  ExpectPlace(Parse("/b/"), "b", "");
  ExpectPlace(Parse("/b?list-type=2"), "b", "");
  ExpectPlace(Parse("/b/k"), "b", "k");
  ExpectPlace(Parse("/b/k/l"), "b", "k/l");
  ExpectPlace(Parse("/b//k"), "b", "/k");
  ExpectPlace(Parse("http://h/b/k?x"), "b", "k");
  ExpectPlace(Parse("http://h"), "", "");
}

TEST(RequestTarget, KeysAreDecodedOnce) {
  ExpectPlace(Parse("/b/u%3D1/a%20b"), "b", "u=1/a b");
  ExpectPlace(Parse("/b/u=1/a+b"), "b", "u=1/a+b");
  ExpectPlace(Parse("/b/100%2525"), "b", "100%25");
  ExpectPlace(Parse("/b/%C3%A9%2Fx"), "b", "é/x");
  ExpectPlace(Parse("/b%2Fc/k"), "b/c", "k");
  ExpectPlace(Parse("/b/%zz"), "b", "%zz");
}

TEST(RequestTarget, HostStyle) {
  const std::string domain = "s3.example.com";
  ExpectPlace(Parse("/k/l", "b.s3.example.com", domain), "b", "k/l");
  ExpectPlace(Parse("/", "b.c.s3.example.com:8080", domain), "b.c", "");
  ExpectPlace(Parse("/b/k", "s3.example.com", domain), "b", "k");
  ExpectPlace(Parse("/b/k", "others3.example.com", domain), "b", "k");
  ExpectPlace(Parse("/b/k", ".s3.example.com", domain), "b", "k");
  ExpectPlace(Parse("/b/k", "127.0.0.1:80", domain), "b", "k");
}

TEST(RequestTarget, Query) {
  const RequestTarget target = Parse("/b?prefix=u%3D1%2F&x=a+b%2B&acl&&=v&x=2");
  EXPECT_EQ(target.Value("prefix"), "u=1/");
  EXPECT_EQ(target.Value("x"), "a b+");
  EXPECT_TRUE(target.Has("acl"));
  EXPECT_EQ(target.Value("acl"), "");
  EXPECT_FALSE(target.Has("other"));
  EXPECT_EQ(target.query.size(), 5U);
}

}  // namespace
}  // namespace icefall::s3proxy
