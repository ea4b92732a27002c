// Counts of what the proxy did, for Prometheus.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "s3proxy/http/http_server.h"
#include "s3proxy/rewrite/rewritten_files.h"

namespace icefall::s3proxy {

// Thread-safe.
class Metrics {
 public:
  // `seconds`: until the answer's head was ready.
  void Count(const std::string& operation, int status, double seconds);

  // The text format of Prometheus, version 0.0.4.
  std::string ToText(const HttpServerCounts& server, const RewrittenFilesCounts& rewritten) const;

 private:
  static constexpr std::array<double, 8> kBounds = {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};
  struct Durations {
    std::array<uint64_t, kBounds.size()> within{};  // cumulative
    uint64_t count = 0;
    double seconds = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, uint64_t> requests_;  // guarded by mutex_
  std::map<std::string, Durations> durations_;                // guarded by mutex_
};

}  // namespace icefall::s3proxy
