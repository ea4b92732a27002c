// Where a bucket is and how it is reached, from the text that a user writes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/s3/sigv4.h"

namespace icefall {

// The value of an environment variable; nothing when it is unset or empty. Tests give their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

struct S3Location {
  std::string bucket;
  std::string prefix;    // without slashes at its ends; may be empty
  std::string endpoint;  // "https://host[:port]", without a path
  bool custom_endpoint = false;
  bool path_style = false;
  std::string region;
  std::string profile;          // of the files under ~/.aws
  std::string ca_bundle;        // a file; empty: the system's
  std::string cache_directory;  // of what was read; empty: none
  uint64_t cache_size_bytes_max = 10ULL << 30;
  bool anonymous = false;
  S3Credentials credentials;  // those of the text; access_key_id empty: none

  // Parses what follows "s3:", as in
  //   //bucket/some/prefix?endpoint=http://127.0.0.1:9000&region=eu-west-1
  // Options, which may be percent-encoded: endpoint, region, addressing (path or virtual), profile,
  // ca_bundle, anonymous (true or false), access_key_id, secret_access_key, session_token,
  // cache_directory, cache_size_bytes_max. What is left out comes from AWS_ENDPOINT_URL_S3,
  // AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE, AWS_CA_BUNDLE,
  // ICEFALL_CACHE_DIRECTORY and ICEFALL_CACHE_SIZE_BYTES_MAX, then from the profile's endpoint_url,
  // region and ca_bundle. Addressing is by path where the endpoint is not Amazon's, or the bucket
  // has dots. Error: kInvalidArgument, which names no secret.
  static Result<S3Location> Parse(std::string_view rest, const Environment& environment);

  // The host of the requests for `region`: with the bucket in front unless path_style.
  std::string BaseUrl() const;
  std::string Host() const;
  // The path of a key of the bucket, or of the bucket itself; encoded, begins with '/'.
  std::string EncodedPath(std::string_view key) const;
  // "s3://bucket/prefix", for messages.
  std::string Display() const;
};

}  // namespace icefall
