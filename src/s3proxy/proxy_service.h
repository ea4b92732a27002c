// Answers S3 requests: who asks, what for, and what they get.
#pragma once

#include <expected>
#include <string>

#include "base/clock.h"
#include "s3proxy/authorization.h"
#include "s3proxy/bucket_directory.h"
#include "s3proxy/http/message.h"
#include "s3proxy/metrics.h"
#include "s3proxy/request_target.h"

namespace icefall::s3proxy {

// Thread-safe.
class ProxyService {
 public:
  struct Settings {
    std::string domain;
    std::string region;
    int64_t clock_skew_seconds_max = 900;
  };

  // All must outlive the service.
  ProxyService(Settings settings, BucketDirectory& directory, Metrics& metrics, Clock& clock);

  HttpResponse Answer(const HttpRequest& request);

 private:
  using Answered = std::expected<HttpResponse, S3Error>;
  struct Asked {
    const HttpRequest& request;
    RequestTarget target;
    Caller caller;
    const char* operation = "Other";  // S3's name, for metrics
  };
  Answered Dispatch(Asked& asked);
  Answered AnswerBucket(Asked& asked);
  Answered ListBuckets(const Asked& asked);
  Answered ListObjects(const Asked& asked, VirtualBucket& bucket);
  Answered GetObject(const Asked& asked);
  std::expected<VirtualBucketPointer, S3Error> FindBucket(const Asked& asked);

  const Settings settings_;
  BucketDirectory& directory_;
  Metrics& metrics_;
  Clock& clock_;
  const AuthorizationRules rules_;
  const TimestampMicros started_at_;
};

}  // namespace icefall::s3proxy
