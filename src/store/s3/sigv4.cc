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

}  // namespace

std::string AmzDate(TimestampMicros now) {
  const std::string text = FormatTimestamp(now);  // 2013-05-24T00:00:00.000000Z
  std::string date;
  for (const char c : text.substr(0, 19)) {
    if (c != '-' && c != ':') date += c;
  }
  return date + "Z";
}

std::string SignatureOf(const CanonicalRequest& request, std::string_view secret_access_key,
                        std::string_view date, std::string_view region) {
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.encoded_path, request.query,
                  request.headers, request.signed_headers, request.payload_sha256);
  const std::string_view day = date.substr(0, 8);
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}/{}/s3/aws4_request\n{}", date,
                                          day, region, Sha256Hex(canonical));
  std::string key = HmacSha256(fmt::format("AWS4{}", secret_access_key), day);
  for (const std::string_view part :
       {region, std::string_view("s3"), std::string_view("aws4_request")}) {
    key = HmacSha256(key, part);
  }
  return ToHex(HmacSha256(key, to_sign));
}

std::string UriEncode(std::string_view text, bool encode_slash) {
  return PercentEncode(text, encode_slash ? "-._~" : "-._~/");
}

std::string CanonicalQuery(const std::vector<std::pair<std::string, std::string>>& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(UriEncode(name, true), UriEncode(value, true));
  }
  std::ranges::sort(encoded);
  std::string result;
  for (const auto& [name, value] : encoded) {
    result += fmt::format("{}{}={}", result.empty() ? "" : "&", name, value);
  }
  return result;
}

void SignRequest(const S3Credentials& credentials, std::string_view region, TimestampMicros now,
                 SignedRequest& request) {
  const std::string date = AmzDate(now);
  request.headers["x-amz-date"] = date;
  request.headers["x-amz-content-sha256"] = request.payload_sha256;
  if (!credentials.session_token.empty()) {
    request.headers["x-amz-security-token"] = credentials.session_token;
  }
  CanonicalRequest canonical{.method = request.method,
                             .encoded_path = request.encoded_path,
                             .query = CanonicalQuery({request.query.begin(), request.query.end()}),
                             .payload_sha256 = request.payload_sha256};
  for (const auto& [name, value] : request.headers) {
    canonical.headers += fmt::format("{}:{}\n", name, value);
    canonical.signed_headers += (canonical.signed_headers.empty() ? "" : ";") + name;
  }
  request.headers["authorization"] = fmt::format(
      "AWS4-HMAC-SHA256 Credential={}/{}/{}/s3/aws4_request,SignedHeaders={},Signature={}",
      credentials.access_key_id, date.substr(0, 8), region, canonical.signed_headers,
      SignatureOf(canonical, credentials.secret_access_key, date, region));
}

}  // namespace icefall
