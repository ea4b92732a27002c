// Signed requests to one bucket, tried again while that can help.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/object_store.h"
#include "store/s3/http_client.h"
#include "store/s3/s3_credentials.h"
#include "store/s3/s3_location.h"

namespace icefall {

struct S3Request {
  std::string method = "GET";
  std::string key;  // of the bucket; empty: the bucket itself
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string_view body;
  // The body's SHA-256 where it is known already.
  std::string body_sha256;
};

struct S3Response {
  HttpResponse http;
  // An earlier attempt may have taken effect too.
  bool repeated = false;
};

// How often and after what pause a request is tried again.
struct S3RetryPolicy {
  int attempt_count_max = 8;
  int64_t pause_ms_min = 50;
  int64_t pause_ms_max = 5'000;
  // Waits; tests give their own.
  std::function<void(int64_t pause_ms)> wait;

  static S3RetryPolicy Default();
};

// Thread-safe.
class S3Client {
 public:
  S3Client(S3Location location, S3RetryPolicy policy, Environment environment, Clock& clock);

  // Sends until an answer is final: pauses, twice as long each time and of random length, after
  // 429, 500, 502, 503, 504, 409 ConditionalRequestConflict, and a connection that failed; goes on
  // at once with the server's clock, the bucket's region or fresh keys where the server says that
  // those were wrong. An answer is one of 2xx, 304, 404, 412 and 416. Errors: kPermissionDenied;
  // kInvalidArgument, at once, for a server whose certificate is not trusted; kNotFound for the
  // bucket; kUnavailable when no attempt took effect; kOutcomeUnknown when one may have.
  Result<S3Response> Send(const S3Request& request);

  const S3Location& location() const { return location_; }
  RequestCounts requests() const { return {reads_.load(), lists_.load(), writes_.load()}; }

 private:
  enum class Next { kAnswer, kFail, kRetry, kPauseAndRetry };
  Result<HttpResponse> Attempt(const S3Request& request);
  // What an answer asks for; corrects region, clock and keys.
  Next Judge(const HttpResponse& response);
  Error Refusal(const S3Request& request, const HttpResponse& response) const;
  static Error Ended(const S3Request& request, bool may_have_happened, const Error& error);
  std::string region() const;

  const S3Location location_;
  const S3RetryPolicy policy_;
  Clock& clock_;
  S3CredentialChain credentials_;
  HttpClient http_;
  std::atomic<int64_t> clock_offset_micros_ = 0;              // the server's clock less ours
  std::atomic<uint64_t> reads_ = 0, lists_ = 0, writes_ = 0;  // requests sent

  mutable std::mutex mutex_;
  std::string region_;  // guarded by mutex_
};

}  // namespace icefall
