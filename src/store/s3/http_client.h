// HTTP requests over connections that are kept open, by libcurl.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefall {

struct HttpRequest {
  std::string method = "GET";  // GET, HEAD, PUT, POST, DELETE
  std::string url;
  std::map<std::string, std::string> headers;
  std::string_view body;  // must live until Send returns
};

struct HttpResponse {
  int status = 0;
  // By lower-case name; of repeated ones the last.
  std::map<std::string, std::string> headers;
  std::string body;

  // The header's value, or empty.
  std::string Header(const std::string& name) const;
};

// Thread-safe; each running request has a connection of its own, which the next one takes over.
class HttpClient {
 public:
  struct Settings {
    int64_t connect_timeout_ms = 5'000;
    // A transfer that stands still for as long is given up.
    int64_t stall_timeout_ms = 30'000;
    std::string ca_bundle;  // a file; empty: the system's
    // A response body that is larger is refused with kResourceExhausted.
    uint64_t body_size_max = uint64_t{1} << 32;
  };

  explicit HttpClient(Settings settings);
  ~HttpClient();

  // Any status is an answer. Redirects are not followed. Errors: kInvalidArgument when the server's
  // certificate is not trusted, or is another host's, or ca_bundle cannot be read; kUnavailable
  // when the request certainly never reached a server; kOutcomeUnknown when it may have.
  Result<HttpResponse> Send(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> Take();
  void GiveBack(std::unique_ptr<Handle> handle);

  const Settings settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;  // guarded by mutex_
};

}  // namespace icefall
