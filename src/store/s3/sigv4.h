// Signs HTTP requests the way AWS does (Signature Version 4, "Authenticating Requests: Using the
// Authorization Header" in the S3 reference), and says what the signature of a request is.
// libcurl 7.88 can sign too, but neither sorts the query nor leaves the key's slashes alone, so
// listings of odd prefixes would be refused.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// "20130524T000000Z"; its first 8 characters are the day that a signature is for.
std::string AmzDate(TimestampMicros now);

// What a signature covers, as text.
struct CanonicalRequest {
  std::string method;
  std::string encoded_path;
  std::string query;           // see CanonicalQuery
  std::string headers;         // a line "name:value\n" for each, sorted
  std::string signed_headers;  // their names, joined by ';'
  std::string payload_sha256;  // or "UNSIGNED-PAYLOAD"
};

// 64 hexadecimal digits. `date`: see AmzDate.
std::string SignatureOf(const CanonicalRequest& request, std::string_view secret_access_key,
                        std::string_view date, std::string_view region);

// What a signed request has. Header names are in lower case; "host" must be among them.
struct SignedRequest {
  std::string method;
  std::string encoded_path;                  // begins with '/'
  std::map<std::string, std::string> query;  // not encoded
  std::map<std::string, std::string> headers;
  std::string payload_sha256;  // 64 hexadecimal digits
};

// The query as it is signed and sent: encoded and sorted; empty when there is none.
std::string CanonicalQuery(const std::vector<std::pair<std::string, std::string>>& query);

// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token and authorization to the headers.
void SignRequest(const S3Credentials& credentials, std::string_view region, TimestampMicros now,
                 SignedRequest& request);

}  // namespace icefall
