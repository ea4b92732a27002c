#include "store/s3/s3_client.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "store/s3/s3_answers.h"

namespace icefall {
namespace {

int64_t RandomPause(const S3RetryPolicy& policy, int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int64_t longest =
      std::min(policy.pause_ms_max, policy.pause_ms_min << std::min(attempt, 20));
  return std::uniform_int_distribution<int64_t>(longest / 2, longest)(random);
}

// Whether a status of 404 says that the object is not there, and not the bucket, or whoever asks.
bool IsAbsence(const std::string& code) {
  return code.empty() || code == "NoSuchKey" || code == "NotFound" || code == "NoSuchVersion" ||
         code == "NoSuchUpload";
}

}  // namespace

S3RetryPolicy S3RetryPolicy::Default() {
  S3RetryPolicy policy;
  policy.wait = [](int64_t pause_ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
  };
  return policy;
}

S3Client::S3Client(S3Location location, S3RetryPolicy policy, Environment environment, Clock& clock)
    : location_(std::move(location)),
      policy_(std::move(policy)),
      clock_(clock),
      credentials_(location_, std::move(environment), clock),
      http_({.ca_bundle = location_.ca_bundle}),
      region_(location_.region.empty() ? "us-east-1" : location_.region) {}

std::string S3Client::region() const {
  const std::lock_guard lock(mutex_);
  return region_;
}

Result<HttpResponse> S3Client::Attempt(const S3Request& request) {
  ICEFALL_ASSIGN_OR_RETURN(const S3Credentials keys, credentials_.Get());
  S3Location place = location_;
  place.region = region();
  SignedRequest parts{request.method, place.EncodedPath(request.key), request.query,
                      request.headers, request.body_sha256};
  if (parts.payload_sha256.empty()) parts.payload_sha256 = Sha256Hex(request.body);
  parts.headers["host"] = place.Host();
  if (!keys.access_key_id.empty()) {
    SignRequest(keys, place.region, clock_.NowMicros() + clock_offset_micros_.load(), parts);
  }
  HttpRequest http;
  http.method = request.method;
  http.url = place.BaseUrl() + parts.encoded_path;
  if (!request.query.empty()) {
    http.url += "?" + CanonicalQuery({request.query.begin(), request.query.end()});
  }
  http.headers = std::move(parts.headers);
  http.body = request.body;
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  ++(!is_read ? writes_ : request.key.empty() ? lists_ : reads_);
  return http_.Send(http);
}

S3Client::Next S3Client::Judge(const HttpResponse& response) {
  const int status = response.status;
  if ((status >= 200 && status < 300) || status == 304 || status == 412 || status == 416) {
    return Next::kAnswer;
  }
  const S3ErrorAnswer error = ParseS3Error(response.body);
  const std::string& code = error.code;
  if (status == 404) return IsAbsence(code) ? Next::kAnswer : Next::kFail;
  if (status == 501) return Next::kFail;
  // The last two: what arrived is not what was hashed and signed here.
  if (status == 429 || status >= 500 || code == "RequestTimeout" ||
      code == "ConditionalRequestConflict" || code == "OperationAborted" ||
      code == "XAmzContentSHA256Mismatch" || code == "BadDigest") {
    return Next::kPauseAndRetry;
  }
  if (code == "RequestTimeTooSkewed") {
    const TimestampMicros server = ParseHttpDate(response.Header("date"));
    if (server == 0) return Next::kFail;
    clock_offset_micros_ = server - clock_.NowMicros();
    return Next::kRetry;
  }
  std::string region = response.Header("x-amz-bucket-region");
  if (region.empty() && code == "AuthorizationHeaderMalformed") region = error.region;
  {
    const std::lock_guard lock(mutex_);
    if (!region.empty() && region != region_ && status != 403) {
      region_ = region;
      return Next::kRetry;
    }
  }
  if (code == "ExpiredToken" || code == "TokenRefreshRequired") {
    credentials_.Forget();
    return Next::kRetry;
  }
  return Next::kFail;
}

Error S3Client::Refusal(const S3Request& request, const HttpResponse& response) const {
  const S3ErrorAnswer answer = ParseS3Error(response.body);
  ErrorCode code = ErrorCode::kInvalidArgument;
  if (response.status == 401 || response.status == 403) code = ErrorCode::kPermissionDenied;
  if (answer.code == "NoSuchBucket") code = ErrorCode::kNotFound;
  if (response.status == 501 || response.status == 405) code = ErrorCode::kUnsupported;
  // Only a region is followed: what is signed for one server is not shown to another.
  const std::string place = response.Header("location");
  return {code, fmt::format("s3://{}/{}: {} was refused with status {}{}{}{}", location_.bucket,
                            request.key, request.method, response.status,
                            answer.code.empty() ? "" : " " + answer.code,
                            answer.message.empty() ? "" : ": " + answer.message,
                            place.empty() ? "" : "; it points to " + place)};
}

// What ends here does not undo what an earlier attempt may have done.
Error S3Client::Ended(const S3Request& request, bool may_have_happened, const Error& error) {
  const bool is_unknown = may_have_happened && request.method != "GET" && request.method != "HEAD";
  return {is_unknown ? ErrorCode::kOutcomeUnknown : error.code(), error.message()};
}

Result<S3Response> S3Client::Send(const S3Request& request) {
  bool may_have_happened = false;
  int correction_count = 0;
  std::string last;
  for (int attempt = 0; attempt < policy_.attempt_count_max; ++attempt) {
    Result<HttpResponse> sent = Attempt(request);
    if (!sent) {
      const ErrorCode code = sent.error().code();
      if (code != ErrorCode::kUnavailable && code != ErrorCode::kOutcomeUnknown) {
        return Fail(Ended(request, may_have_happened, sent.error()));
      }
      may_have_happened |= code == ErrorCode::kOutcomeUnknown;
      last = sent.error().message();
    } else {
      switch (Judge(*sent)) {
        case Next::kAnswer:
          return S3Response{*std::move(sent), may_have_happened};
        case Next::kRetry:
          if (++correction_count <= 3) continue;
          [[fallthrough]];
        case Next::kFail:
          return Fail(Ended(request, may_have_happened, Refusal(request, *sent)));
        case Next::kPauseAndRetry:
          // SlowDown is said before anything is done; after the others nobody knows.
          may_have_happened |= sent->status >= 500 && sent->status != 503;
          last = Refusal(request, *sent).message();
      }
    }
    if (attempt + 1 < policy_.attempt_count_max) policy_.wait(RandomPause(policy_, attempt));
  }
  return Fail(may_have_happened ? ErrorCode::kOutcomeUnknown : ErrorCode::kUnavailable,
              fmt::format("{}; gave up after {} attempts", last, policy_.attempt_count_max));
}

}  // namespace icefall
