#include "s3proxy/http/request_parser.h"

#include <algorithm>
#include <utility>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

namespace icefall::s3proxy {
namespace {

namespace http = boost::beast::http;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

HttpRequest FromBeast(const http::request_parser<http::empty_body>& parser) {
  const auto& head = parser.get();
  HttpRequest request;
  request.method = std::string(head.method_string());
  request.target = std::string(head.target());
  for (const auto& field : head) {
    auto [place, is_new] = request.headers.try_emplace(Lower(std::string(field.name_string())));
    if (!is_new) place->second += ",";
    place->second += std::string(field.value());
  }
  const auto length = parser.content_length();
  request.has_body = parser.chunked() || (length.has_value() && *length > 0);
  request.keep_alive = parser.keep_alive();
  request.is_http_1_0 = head.version() < 11;
  return request;
}

}  // namespace

Result<std::optional<HttpRequest>> TakeRequest(std::string& bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kRequestHeadSizeMax);
  // Of a body only whether there is one is of interest.
  parser.body_limit(UINT64_MAX);
  boost::system::error_code error;
  const size_t used = parser.put(boost::asio::buffer(bytes), error);
  if (parser.is_header_done()) {
    HttpRequest request = FromBeast(parser);
    bytes.erase(0, used);
    return request;
  }
  if (!error || error == http::error::need_more) {
    if (bytes.size() <= kRequestHeadSizeMax) return std::nullopt;
    error = http::error::header_limit;
  }
  if (error == http::error::header_limit) {
    return Fail(ErrorCode::kResourceExhausted,
                fmt::format("the request's head is longer than {} bytes", kRequestHeadSizeMax));
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("expected an HTTP/1 request: {}", error.message()));
}

}  // namespace icefall::s3proxy
