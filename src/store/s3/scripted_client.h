// For tests: a client of a ScriptedServer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "store/s3/s3_client.h"

namespace icefall {

// Of the bucket "lake" at `url`, with a key of its own and at most 4 attempts. `wait` takes the
// pauses between them, in milliseconds, and returns at once.
inline std::unique_ptr<S3Client> ScriptedClient(const std::string& url, Clock& clock,
                                                std::function<void(int64_t)> wait) {
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  const auto location = S3Location::Parse(
      "//lake?access_key_id=id&secret_access_key=secret&endpoint=" + url, nothing);
  S3RetryPolicy policy;
  policy.attempt_count_max = 4;
  policy.wait = std::move(wait);
  return std::make_unique<S3Client>(location.value(), policy, nothing, clock);
}

// The body of a refusal.
inline std::string S3ErrorBody(const std::string& code) {
  return "<Error><Code>" + code + "</Code><Message>said so</Message></Error>";
}

}  // namespace icefall
