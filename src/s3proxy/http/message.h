// An HTTP request that a client sent, and what is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace icefall::s3proxy {

struct HttpRequest {
  std::string method;
  std::string target;  // path and query as they were sent, percent-encoding included
  // By lower-case name, without white space around the value; repeated ones joined by ','.
  std::map<std::string, std::string> headers;
  bool has_body = false;    // which nobody reads: the connection ends after the answer
  bool keep_alive = false;  // the client may send another request
  bool is_http_1_0 = false;

  // The header's value, or empty.
  const std::string& Header(const std::string& name) const;
};

// Bytes of a body from `offset` on, at most `size_bytes` and at least one. Called from the
// connection's thread.
using BodyReader = std::function<Result<std::string>(uint64_t offset, uint64_t size_bytes)>;

struct HttpResponse {
  int status = 200;
  // But for Content-Length, Connection and Date, which the server adds.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Instead of `body`, where it is set: so many bytes are read and sent piece by piece.
  BodyReader reader;
  uint64_t reader_size_bytes = 0;

  uint64_t body_size_bytes() const { return reader ? reader_size_bytes : body.size(); }
};

// "OK" of 200; "Unknown" for statuses that the proxy does not answer.
const char* ReasonPhrase(int status);

// "Wed, 21 Oct 2015 07:28:00 GMT"
std::string FormatHttpDate(int64_t timestamp_micros);

}  // namespace icefall::s3proxy
