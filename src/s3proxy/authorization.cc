#include "s3proxy/authorization.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "base/hash.h"
#include "store/s3/sigv4.h"

namespace icefall::s3proxy {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr const char* kUnsigned = "UNSIGNED-PAYLOAD";
constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kExpirySecondsMax = 7 * 24 * 3600;

using Refused = std::unexpected<S3Error>;

Refused Refuse(int status, const char* code, std::string message) {
  return Refused(S3Error{status, code, std::move(message)});
}

// A signature as a request carries it.
struct Claim {
  std::string access_key_id;
  std::string day, region;  // of the credential's scope
  std::string date;         // see AmzDate
  std::vector<std::string> signed_headers;
  std::string signature;
  bool presigned = false;
  int64_t expires_seconds = 0;  // of a presigned one
};

std::vector<std::string> SplitAt(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// "AKID/20130524/us-east-1/s3/aws4_request"
bool ReadCredential(std::string_view text, Claim& claim) {
  const auto parts = SplitAt(text, '/');
  if (parts.size() < 5) return false;
  const size_t n = parts.size();
  if (parts[n - 1] != "aws4_request" || parts[n - 2] != "s3") return false;
  claim.region = parts[n - 3];
  claim.day = parts[n - 4];
  // Access keys may have slashes of their own.
  size_t tail = 3;
  for (size_t i = n - 4; i < n; ++i) tail += parts[i].size();
  claim.access_key_id = text.substr(0, text.size() - tail - 1);
  return !claim.access_key_id.empty();
}

Refused NotSupported() {
  return Refuse(400, "InvalidRequest",
                "the authorization mechanism is not supported, expected AWS4-HMAC-SHA256");
}

std::expected<Claim, S3Error> ReadHeader(const HttpRequest& request) {
  const auto malformed = [](const std::string& what) {
    return Refuse(400, "AuthorizationHeaderMalformed",
                  fmt::format("the authorization header is malformed: {}", what));
  };
  std::string_view header = request.Header("authorization");
  if (!header.starts_with(kAlgorithm)) {
    return NotSupported();
  }
  header.remove_prefix(kAlgorithm.size());
  Claim claim;
  for (const std::string& part : SplitAt(header, ',')) {
    const size_t begin = std::min(part.find_first_not_of(' '), part.size());
    const size_t equals = std::min(part.find('='), part.size());
    const std::string_view value = std::string_view(part).substr(std::min(equals + 1, part.size()));
    const std::string_view name = std::string_view(part).substr(begin, equals - begin);
    if (name == "Credential" && !ReadCredential(value, claim)) {
      return malformed("expected Credential=KEY/DAY/REGION/s3/aws4_request");
    }
    if (name == "SignedHeaders") claim.signed_headers = SplitAt(value, ';');
    if (name == "Signature") claim.signature = value;
  }
  if (claim.access_key_id.empty()) return malformed("it has no Credential");
  if (claim.signed_headers.empty()) return malformed("it has no SignedHeaders");
  if (claim.signature.empty()) return malformed("it has no Signature");
  claim.date = request.Header("x-amz-date");
  if (claim.date.empty()) {
    return Refuse(403, "AccessDenied", "expected a header x-amz-date beside the signature");
  }
  return claim;
}

std::expected<Claim, S3Error> ReadQuery(const RequestTarget& target) {
  const auto malformed = [](const std::string& what) {
    return Refuse(400, "AuthorizationQueryParametersError", what);
  };
  Claim claim;
  claim.presigned = true;
  if (target.Value("X-Amz-Algorithm") != kAlgorithm) {
    return malformed("X-Amz-Algorithm: expected AWS4-HMAC-SHA256");
  }
  if (!ReadCredential(target.Value("X-Amz-Credential"), claim)) {
    return malformed("X-Amz-Credential: expected KEY/DAY/REGION/s3/aws4_request");
  }
  claim.date = target.Value("X-Amz-Date");
  claim.signed_headers = SplitAt(target.Value("X-Amz-SignedHeaders"), ';');
  claim.signature = target.Value("X-Amz-Signature");
  const std::string expires = target.Value("X-Amz-Expires");
  const auto [end, error] =
      std::from_chars(expires.data(), expires.data() + expires.size(), claim.expires_seconds);
  if (error != std::errc() || end != expires.data() + expires.size() ||
      claim.expires_seconds <= 0 || claim.expires_seconds > kExpirySecondsMax) {
    return malformed(fmt::format("X-Amz-Expires: expected 1 to {} seconds", kExpirySecondsMax));
  }
  if (claim.signature.empty()) return malformed("X-Amz-Signature is missing");
  return claim;
}

// Of "20130524T000000Z".
std::optional<TimestampMicros> TimeOf(const std::string& date) {
  if (date.size() != 16 || date[8] != 'T' || date[15] != 'Z') return std::nullopt;
  const auto part = [&date](size_t begin, size_t size) { return date.substr(begin, size); };
  const auto time = ParseTimestamp(fmt::format("{}-{}-{}T{}:{}:{}.000000Z", part(0, 4), part(4, 2),
                                               part(6, 2), part(9, 2), part(11, 2), part(13, 2)));
  return time ? std::optional(*time) : std::nullopt;
}

std::expected<void, S3Error> CheckTime(const Claim& claim, const AuthorizationRules& rules,
                                       TimestampMicros now) {
  const auto time = TimeOf(claim.date);
  if (!time || claim.date.substr(0, 8) != claim.day) {
    return Refuse(403, "AccessDenied",
                  "the date of the request: expected YYYYMMDDTHHMMSSZ of the credential's day");
  }
  const int64_t skew = rules.clock_skew_seconds_max * kSecond;
  if (claim.presigned) {
    if (*time > now + skew) return Refuse(403, "AccessDenied", "Request is not valid yet");
    if (now > *time + claim.expires_seconds * kSecond) {
      return Refuse(403, "AccessDenied", "Request has expired");
    }
    return {};
  }
  if (*time <= now + skew && *time >= now - skew) return {};
  return Refuse(403, "RequestTimeTooSkewed",
                fmt::format("the request is of {}, the server's time is {}: expected no more than "
                            "{} s between them",
                            claim.date, AmzDate(now), rules.clock_skew_seconds_max));
}

// Runs of blanks count as one.
std::string Folded(std::string_view value) {
  std::string folded;
  for (const char c : value) {
    if (c != ' ' || !folded.ends_with(' ')) folded += c;
  }
  return folded;
}

CanonicalRequest CanonicalForm(const HttpRequest& request, const RequestTarget& target,
                               const Claim& claim) {
  std::vector<std::pair<std::string, std::string>> query;
  for (const auto& part : target.query) {
    if (!claim.presigned || part.first != "X-Amz-Signature") query.push_back(part);
  }
  CanonicalRequest canonical{.method = request.method,
                             .encoded_path = UriEncode(target.path, false),
                             .query = CanonicalQuery(query)};
  for (const std::string& name : claim.signed_headers) {
    canonical.headers += fmt::format("{}:{}\n", name, Folded(request.Header(name)));
    canonical.signed_headers += (canonical.signed_headers.empty() ? "" : ";") + name;
  }
  canonical.payload_sha256 = request.Header("x-amz-content-sha256");
  if (canonical.payload_sha256.empty()) {
    canonical.payload_sha256 = claim.presigned ? kUnsigned : Sha256Hex("");
  }
  return canonical;
}

bool IsSignature(const std::string& claimed, const std::string& computed) {
  return claimed.size() == computed.size() &&
         CRYPTO_memcmp(claimed.data(), computed.data(), computed.size()) == 0;
}

}  // namespace

std::expected<std::optional<std::string>, S3Error> Authenticate(const HttpRequest& request,
                                                                const RequestTarget& target,
                                                                const AuthorizationRules& rules,
                                                                TimestampMicros now) {
  const bool has_header = !request.Header("authorization").empty();
  const bool has_query = target.Has("X-Amz-Algorithm") || target.Has("X-Amz-Signature");
  if (target.Has("AWSAccessKeyId") && target.Has("Signature")) return NotSupported();
  if (!has_header && !has_query) return std::nullopt;
  if (has_header && has_query) {
    return Refuse(400, "InvalidArgument",
                  "expected one signature, found one in the header and one "
                  "in the query");
  }
  const auto claim = has_header ? ReadHeader(request) : ReadQuery(target);
  if (!claim) return Refused(claim.error());
  if (!rules.region.empty() && claim->region != rules.region) {
    return Refuse(
        400, "AuthorizationHeaderMalformed",
        fmt::format("the region '{}' is wrong; expecting '{}'", claim->region, rules.region));
  }
  if (std::ranges::find(claim->signed_headers, "host") == claim->signed_headers.end()) {
    return Refuse(403, "AccessDenied", "expected the host header among those that are signed");
  }
  const auto secret = rules.secret_of(claim->access_key_id);
  if (!secret) {
    return Refuse(403, "InvalidAccessKeyId",
                  fmt::format("the access key '{}' is not known", claim->access_key_id));
  }
  if (auto in_time = CheckTime(*claim, rules, now); !in_time) return Refused(in_time.error());
  CanonicalRequest canonical = CanonicalForm(request, target, *claim);
  const auto matches = [&] {
    return IsSignature(claim->signature,
                       SignatureOf(canonical, *secret, claim->date, claim->region));
  };
  if (matches()) return claim->access_key_id;
  // Some clients sign the path as they send it.
  canonical.encoded_path = target.raw_path;
  if (matches()) return claim->access_key_id;
  return Refuse(403, "SignatureDoesNotMatch",
                "the signature does not match: check the secret key and what was signed");
}

}  // namespace icefall::s3proxy
