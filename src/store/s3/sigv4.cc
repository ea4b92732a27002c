#include "store/s3/sigv4.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/hmac.h>

#include "base/hash.h"
#include "base/hex.h"
#include "base/percent_encoding.h"

namespace icefall {
namespace {

std::string HmacSha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
       &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

// "20130524T000000Z"
std::string AmzDate(TimestampMicros now) {
  const std::string text = FormatTimestamp(now);  // 2013-05-24T00:00:00.000000Z
  std::string date;
  for (const char c : text.substr(0, 19)) {
    if (c != '-' && c != ':') date += c;
  }
  return date + "Z";
}

}  // namespace

std::string UriEncode(std::string_view text, bool encode_slash) {
  return PercentEncode(text, encode_slash ? "-._~" : "-._~/");
}

std::string CanonicalQuery(const std::map<std::string, std::string>& query) {
  std::string result;
  for (const auto& [name, value] : query) {
    result += fmt::format("{}{}={}", result.empty() ? "" : "&", UriEncode(name, true),
                          UriEncode(value, true));
  }
  return result;
}

void SignRequest(const S3Credentials& credentials, std::string_view region, TimestampMicros now,
                 SignedRequest& request) {
  const std::string date = AmzDate(now);
  const std::string day = date.substr(0, 8);
  request.headers["x-amz-date"] = date;
  request.headers["x-amz-content-sha256"] = request.payload_sha256;
  if (!credentials.session_token.empty()) {
    request.headers["x-amz-security-token"] = credentials.session_token;
  }
  std::string canonical_headers;
  std::string signed_headers;
  for (const auto& [name, value] : request.headers) {
    canonical_headers += fmt::format("{}:{}\n", name, value);
    signed_headers += (signed_headers.empty() ? "" : ";") + name;
  }
  const std::string canonical = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}", request.method, request.encoded_path, CanonicalQuery(request.query),
      canonical_headers, signed_headers, request.payload_sha256);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope, Sha256Hex(canonical));
  std::string key = HmacSha256("AWS4" + credentials.secret_access_key, day);
  for (const std::string_view part :
       {region, std::string_view("s3"), std::string_view("aws4_request")}) {
    key = HmacSha256(key, part);
  }
  const std::string signature = ToHex(HmacSha256(key, to_sign));
  request.headers["authorization"] =
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}",
                  credentials.access_key_id, scope, signed_headers, signature);
}

}  // namespace icefall
