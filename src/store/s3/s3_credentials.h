// Where the keys come from.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/s3/http_client.h"
#include "store/s3/s3_location.h"

namespace icefall {

// Asks, in this order: the location's own keys; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN; a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, at STS); the
// profile in AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials and ~/.aws/config; the container's
// service (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI); and the
// machine's metadata service (IMDSv2), at AWS_EC2_METADATA_SERVICE_ENDPOINT or, where the bucket's
// endpoint is Amazon's, at 169.254.169.254, unless AWS_EC2_METADATA_DISABLED is true. Thread-safe.
// Keys that expire are asked for again five minutes before.
class S3CredentialChain {
 public:
  S3CredentialChain(const S3Location& location, Environment environment, Clock& clock);

  // Keys, or none (an empty access_key_id): requests then go unsigned. Errors: kInvalidArgument for
  // a profile or a file that is named and absent or malformed; kUnavailable or kPermissionDenied
  // from a service that is configured.
  Result<S3Credentials> Get();
  // Forgets keys that were refused.
  void Forget();

 private:
  Result<S3Credentials> Find();
  Result<S3Credentials> FromWebIdentity(const std::string& token_file, const std::string& role);
  Result<std::optional<S3Credentials>> FromProfile();
  Result<S3Credentials> FromContainer(const std::string& url);
  std::optional<S3Credentials> FromMachine(std::string service);

  const S3Location location_;
  const Environment environment_;
  Clock& clock_;
  HttpClient http_;

  std::mutex mutex_;  // guards what follows
  std::optional<S3Credentials> known_;
};

}  // namespace icefall
