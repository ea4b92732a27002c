#include "s3proxy/list_request.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/hex.h"

namespace icefall::s3proxy {
namespace {

constexpr uint64_t kKeyCountMax = 1000;

using Refused = std::unexpected<S3Error>;

Refused InvalidArgument(std::string message) {
  return Refused(S3Error{400, "InvalidArgument", std::move(message)});
}

std::optional<uint64_t> ParseNumber(const std::string& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "<point>/<last>" in hexadecimal digits, which no client changes on the way.
bool ReadToken(ListRequest& request) {
  const auto text = FromHex(request.token);
  const size_t slash = text ? text->find('/') : std::string::npos;
  if (slash == std::string::npos) return false;
  request.point = ParseNumber(text->substr(0, slash));
  request.query.start_after = text->substr(slash + 1);
  return request.point.has_value();
}

}  // namespace

std::string ContinuationToken(uint64_t point, const std::string& last) {
  return ToHex(fmt::format("{}/{}", point, last));
}

std::expected<ListRequest, S3Error> ParseListRequest(const RequestTarget& target) {
  ListRequest request;
  if (target.Has("list-type")) {
    if (target.Value("list-type") != "2") return InvalidArgument("list-type: expected 2");
    request.is_v2 = true;
  }
  request.query.prefix = target.Value("prefix");
  request.query.delimiter = target.Value("delimiter");
  if (target.Has("max-keys")) {
    const std::string text = target.Value("max-keys");
    const auto number = ParseNumber(text);
    if (!number || *number > INT32_MAX) {
      return InvalidArgument(
          fmt::format("max-keys: expected a number from 0 to {}, found '{}'", INT32_MAX, text));
    }
    request.query.key_count_max = std::min(*number, kKeyCountMax);
  }
  if (target.Has("encoding-type")) {
    if (target.Value("encoding-type") != "url")
      return InvalidArgument("encoding-type: expected url");
    request.url_encoded = true;
  }
  request.start_after = target.Value(request.is_v2 ? "start-after" : "marker");
  request.query.start_after = request.start_after;
  request.has_owner = !request.is_v2 || target.Value("fetch-owner") == "true";
  if (request.is_v2 && target.Has("continuation-token")) {
    request.token = target.Value("continuation-token");
    if (!ReadToken(request)) return InvalidArgument("the continuation token is incorrect");
  }
  return request;
}

}  // namespace icefall::s3proxy
