// Who sent a request: its signature is checked against the keys that are known.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "s3proxy/http/message.h"
#include "s3proxy/request_target.h"
#include "s3proxy/s3_error.h"

namespace icefall::s3proxy {

struct AuthorizationRules {
  std::string region = "us-east-1";  // of the signatures; empty: any
  int64_t clock_skew_seconds_max = 900;
  // The secret of an access key; nothing for one that is not known.
  std::function<std::optional<std::string>(const std::string& access_key_id)> secret_of;
};

// The access key whose secret signed the request, by header or as a presigned URL; nothing for a
// request without a signature. Only Signature Version 4 is known.
std::expected<std::optional<std::string>, S3Error> Authenticate(const HttpRequest& request,
                                                                const RequestTarget& target,
                                                                const AuthorizationRules& rules,
                                                                TimestampMicros now);

}  // namespace icefall::s3proxy
