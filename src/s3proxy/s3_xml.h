// The XML that the proxy answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace icefall::s3proxy {

std::string ErrorXml(std::string_view code, std::string_view message, std::string_view resource);

std::string BucketsXml(const std::vector<std::string>& names, TimestampMicros created_at);

// `region`: "us-east-1" is told as an empty one.
std::string LocationXml(std::string_view region);

struct ListedObject {
  std::string key;
  TimestampMicros modified_at = 0;
  std::string etag;
  uint64_t size_bytes = 0;
};

// An answer of ListObjects, or of ListObjectsV2. Texts are not encoded yet.
struct ListXml {
  bool is_v2 = true;
  std::string bucket, prefix, delimiter;
  std::string start_after;   // of v1: marker
  std::string token;         // of the request; v2
  std::string next;          // of v1: NextMarker; of v2: NextContinuationToken
  bool url_encoded = false;  // encoding-type=url
  bool has_owner = false;
  bool truncated = false;
  uint64_t key_count_max = 1000;
  std::vector<ListedObject> objects;
  std::vector<std::string> common_prefixes;

  std::string ToText() const;
};

}  // namespace icefall::s3proxy
