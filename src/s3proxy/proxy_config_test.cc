#include "s3proxy/proxy_config.h"

#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

constexpr const char* kKeys = R"("keys": [{"access_key_id": "a", "secret_access_key": "s"}])";

std::string With(const std::string& buckets, const std::string& more = "") {
  return "{" + std::string(kKeys) + ", \"buckets\": " + buckets + more + "}";
}

std::string ErrorOf(const std::string& text) {
  const auto config = ParseProxyConfig(text);
  return config ? "" : config.error().message();
}

TEST(ProxyConfig, NativeTables) {
  const auto config = ParseProxyConfig(With(R"([
      {"name": "a", "location": "/db", "table": "t"},
      {"name": "b", "location": "/db", "tables": ["t", "s.u"], "snapshot": 7, "anonymous": true},
      {"name": "c", "location": "/db", "table": "t", "time": "2026-01-31T12:00:00Z"}])"));
  ASSERT_TRUE(config.has_value()) << config.error().message();
  const auto& buckets = config->buckets;
  ASSERT_EQ(buckets.size(), 3U);
  EXPECT_EQ(buckets[0].tables, std::vector<ObjectName>({{"main", "t"}}));
  EXPECT_FALSE(buckets[0].folders);
  EXPECT_EQ(buckets[1].tables, std::vector<ObjectName>({{"main", "t"}, {"s", "u"}}));
  EXPECT_TRUE(buckets[1].folders);
  EXPECT_TRUE(buckets[1].anonymous);
  EXPECT_EQ(buckets[1].sequence, 7U);
  EXPECT_EQ(buckets[2].time, *ParseTimestamp("2026-01-31T12:00:00.000000Z"));
}

TEST(ProxyConfig, IcedbTablesAndTheRest) {
  const auto config = ParseProxyConfig(R"({
      "listen": "[::1]:1", "metrics_listen": "h:2", "domain": "d", "region": "r",
      "tls": {"certificate": "c", "key": "k"},
      "cache": {"directory": "x", "size_bytes_max": 5, "rewrites_at_once_max": 1},
      "buckets": [{"name": "a", "format": "icedb", "location": "/l", "prefix": "p",
                   "log_location": "/m", "log_prefix": "q", "time_ms": 1700000000000}],
      "keys": [{"access_key_id": "a", "secret_access_key": "s", "buckets": ["a", "later"]}],
      "resolve": {"url": "http://r", "location": "s3://b", "authorization": "x",
                  "secret_access_key": "icepassword", "cache_seconds": 0}})");
  ASSERT_TRUE(config.has_value()) << config.error().message();
  EXPECT_EQ(config->tls_certificate, "c");
  EXPECT_EQ(config->cache_size_bytes_max, 5U);
  EXPECT_EQ(config->buckets[0].format, TableFormat::kIcedb);
  EXPECT_EQ(config->buckets[0].time, 1'700'000'000'000'000);
  EXPECT_EQ(config->keys[0].buckets->size(), 2U);
  EXPECT_EQ(config->resolve->cache_seconds, 0);
}

TEST(ProxyConfig, ErrorsNameTheMember) {
  EXPECT_EQ(ErrorOf("{"), "configuration: expected JSON");
  EXPECT_EQ(ErrorOf("[]"), "configuration: expected an object");
  EXPECT_EQ(ErrorOf("{}"), "expected buckets or resolve, found neither");
  EXPECT_EQ(ErrorOf(With("{}")), "buckets: expected a list of objects");
  EXPECT_EQ(ErrorOf(With("[1]")), "buckets[0]: expected an object");
  EXPECT_EQ(ErrorOf(With(R"([{"name": "a", "location": "/db"}])")),
            "buckets[0].table: expected either table or tables");
  EXPECT_EQ(ErrorOf(With(R"([{"name": "a", "table": "t"}])")),
            "buckets[0].location: expected a text that is not empty");
  EXPECT_EQ(ErrorOf(With(R"([{"name": "a/b", "location": "/db", "table": "t"}])")),
            "buckets[0].name: expected no '/'");
  EXPECT_EQ(ErrorOf(With(R"([{"name": "a", "location": "/db", "table": "t", "tabel": 1}])")),
            "buckets[0].tabel: unknown member");
  EXPECT_EQ(ErrorOf(With(R"([{"name": "a", "location": "/db", "table": "t", "time": "now"}])")),
            "buckets[0].time: expected a time such as 2026-01-31T12:00:00Z, found 'now'");
  EXPECT_EQ(ErrorOf(With(R"([{"name": "a", "format": "x", "location": "/db"}])")),
            "buckets[0].format: expected icefall or icedb, found 'x'");
  EXPECT_EQ(
      ErrorOf(With(R"([{"name": "a", "format": "icedb", "location": "/db", "snapshot": 1}])")),
      "buckets[0].snapshot: an icedb table has no snapshots, expected time or time_ms");
  EXPECT_EQ(ErrorOf(With("[]", R"(, "connection_count_max": 0)")),
            "connection_count_max: expected a whole number from 1 to 65536");
  EXPECT_EQ(ErrorOf(With("[]", R"(, "tls": {"certificate": "c"})")),
            "tls.key: expected a text that is not empty");
}

TEST(ProxyConfig, WholesThatMakeNoSense) {
  const std::string bucket = R"({"name": "a", "location": "/db", "table": "t"})";
  EXPECT_EQ(ErrorOf(With("[" + bucket + "," + bucket + "]")), "buckets: 'a' is there twice");
  EXPECT_EQ(ErrorOf("{\"buckets\": [" + bucket + "]}"),
            "nobody could read: expected keys, or a bucket with \"anonymous\": true");
  EXPECT_EQ(ErrorOf(R"({"keys": [{"access_key_id": "a", "secret_access_key": "s",
                                  "buckets": ["b"]}], "buckets": [)" +
                    bucket + "]}"),
            "keys: 'a' names the bucket 'b', which is not among buckets");
}

TEST(ProxyConfig, FilesThatAreNotThere) {
  const auto config = LoadProxyConfig("/nowhere/proxy.json");
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace icefall::s3proxy
