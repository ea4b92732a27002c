#include "s3proxy/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreText) {
  Metrics metrics;
  metrics.Count("GetObject", 206, 0.01);
  metrics.Count("GetObject", 206, 0.3);
  metrics.Count("GetObject", 404, 100);
  HttpServerCounts server;
  server.sent_bytes = 12;
  RewrittenFilesCounts rewritten;
  rewritten.made = 3;
  const std::string text = metrics.ToText(server, rewritten);
  const std::string prefix = "\nicefalldb_s3proxy_";
  for (const char* line : {"requests_total{operation=\"GetObject\",status=\"206\"} 2\n",
                           "requests_total{operation=\"GetObject\",status=\"404\"} 1\n",
                           "request_seconds_bucket{operation=\"GetObject\",le=\"0.005\"} 0\n",
                           "request_seconds_bucket{operation=\"GetObject\",le=\"0.02\"} 1\n",
                           "request_seconds_bucket{operation=\"GetObject\",le=\"60\"} 2\n",
                           "request_seconds_bucket{operation=\"GetObject\",le=\"+Inf\"} 3\n",
                           "request_seconds_count{operation=\"GetObject\"} 3\n",
                           "sent_bytes_total 12\n", "rewritten_files_total 3\n"}) {
    EXPECT_THAT(text, HasSubstr(prefix + line));
  }
}

}  // namespace
}  // namespace icefall::s3proxy
