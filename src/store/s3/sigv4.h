// Signs HTTP requests the way AWS does (Signature Version 4, "Authenticating Requests: Using the
// Authorization Header" in the S3 reference). libcurl 7.88 can sign too, but neither sorts the
// query nor leaves the key's slashes alone, so listings of odd prefixes would be refused.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace icefall {

struct S3Credentials {
  std::string access_key_id;  // empty: requests are not signed
  std::string secret_access_key;
  std::string session_token;  // empty: none
  // From when on they are refused; INT64_MAX: never.
  TimestampMicros expires_at = INT64_MAX;
};

// Percent-encodes all but A-Z a-z 0-9 '-' '.' '_' '~', and '/' unless told to.
std::string UriEncode(std::string_view text, bool encode_slash);

// What a signature covers. Header names are in lower case; "host" must be among them.
struct SignedRequest {
  std::string method;
  std::string encoded_path;                  // begins with '/'
  std::map<std::string, std::string> query;  // not encoded
  std::map<std::string, std::string> headers;
  std::string payload_sha256;  // 64 hexadecimal digits
};

// The query as it is signed and sent: sorted and encoded; empty when there is none.
std::string CanonicalQuery(const std::map<std::string, std::string>& query);

// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token and authorization to the headers.
void SignRequest(const S3Credentials& credentials, std::string_view region, TimestampMicros now,
                 SignedRequest& request);

}  // namespace icefall
