// What a request asks for: bucket, key and query, out of the target and the Host header.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "s3proxy/http/message.h"

namespace icefall::s3proxy {

struct RequestTarget {
  std::string raw_path;  // as it was sent; begins with '/'
  std::string path;      // decoded
  // Decoded, '+' being a space in it, in the order in which it was sent.
  std::vector<std::pair<std::string, std::string>> query;
  std::string bucket;  // empty, and no key: the service itself
  std::string key;     // empty: the bucket itself; of no bucket where the path began with "//"

  bool Has(std::string_view name) const;
  // The first value of the name, or empty.
  std::string Value(std::string_view name) const;
};

// `domain`: requests to "bucket.<domain>" have the bucket in the host's name, all others in the
// path; empty: all have it in the path.
RequestTarget ParseTarget(const HttpRequest& request, std::string_view domain);

}  // namespace icefall::s3proxy
