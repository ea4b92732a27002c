#include "s3proxy/metrics.h"

#include <string_view>

#include <fmt/format.h>

namespace icefall::s3proxy {
namespace {

constexpr std::string_view kPrefix = "icefalldb_s3proxy_";

std::string Head(std::string_view name, std::string_view type, std::string_view help) {
  return fmt::format("# HELP {0}{1} {3}\n# TYPE {0}{1} {2}\n", kPrefix, name, type, help);
}

template <typename Number>
std::string Single(std::string_view name, std::string_view type, std::string_view help,
                   Number number) {
  return Head(name, type, help) + fmt::format("{}{} {}\n", kPrefix, name, number);
}

}  // namespace

void Metrics::Count(const std::string& operation, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{operation, status}];
  Durations& durations = durations_[operation];
  ++durations.count;
  durations.seconds += seconds;
  for (size_t i = 0; i < kBounds.size(); ++i) durations.within[i] += seconds <= kBounds[i] ? 1 : 0;
}

std::string Metrics::ToText(const HttpServerCounts& server,
                            const RewrittenFilesCounts& rewritten) const {
  std::string text = Head("requests_total", "counter", "Requests answered.");
  const std::lock_guard lock(mutex_);
  for (const auto& [what, count] : requests_) {
    text += fmt::format("{}requests_total{{operation=\"{}\",status=\"{}\"}} {}\n", kPrefix,
                        what.first, what.second, count);
  }
  text += Head("request_seconds", "histogram", "Time until an answer began.");
  for (const auto& [operation, durations] : durations_) {
    const auto bucket = [&](const std::string& bound, uint64_t count) {
      text += fmt::format("{}request_seconds_bucket{{operation=\"{}\",le=\"{}\"}} {}\n", kPrefix,
                          operation, bound, count);
    };
    for (size_t i = 0; i < kBounds.size(); ++i) {
      bucket(fmt::format("{}", kBounds[i]), durations.within[i]);
    }
    bucket("+Inf", durations.count);
    text += fmt::format(
        "{0}request_seconds_sum{{operation=\"{1}\"}} {2}\n"
        "{0}request_seconds_count{{operation=\"{1}\"}} {3}\n",
        kPrefix, operation, durations.seconds, durations.count);
  }
  text += Single("sent_bytes_total", "counter", "Bytes of bodies sent.", server.sent_bytes.load());
  text += Single("connections", "gauge", "Open connections.", server.connections.load());
  text += Single("rewritten_files_total", "counter", "Files written anew.", rewritten.made);
  text += Single("rewrite_failures_total", "counter", "Files that could not be written anew.",
                 rewritten.failed);
  text += Single("rewrite_seconds_total", "counter", "Time spent on writing files anew.",
                 rewritten.made_seconds);
  text += Single("rewritten_hits_total", "counter", "Rewritten files opened that were kept.",
                 rewritten.found);
  text += Single("cache_bytes", "gauge", "Bytes of rewritten files that are kept.",
                 rewritten.size_bytes);
  return text;
}

}  // namespace icefall::s3proxy
