// Which virtual buckets there are, and who may read them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "s3proxy/proxy_config.h"
#include "s3proxy/rewrite/rewritten_files.h"
#include "s3proxy/virtual_bucket.h"
#include "store/s3/http_client.h"

namespace icefall::s3proxy {

// Nothing: a request without a signature.
using Caller = std::optional<std::string>;

using VirtualBucketPointer = std::shared_ptr<VirtualBucket>;

// Thread-safe.
class BucketDirectory {
 public:
  // Opens all buckets of the configuration. `rewritten` and `clock` must outlive it. Errors: those
  // of opening, with the bucket's name in front.
  static Result<std::unique_ptr<BucketDirectory>> Open(const ProxyConfig& config,
                                                       RewrittenFiles& rewritten, Clock& clock);

  std::optional<std::string> SecretOf(const std::string& access_key_id) const;
  // Errors: kNotFound for a bucket that is not there; kPermissionDenied for one that the caller may
  // not read; kUnavailable when the server that resolves names does not answer.
  Result<VirtualBucketPointer> Find(const std::string& name, const Caller& caller);
  // Of the configuration, that the caller may read.
  std::vector<std::string> Names(const Caller& caller) const;
  // See VirtualBucket::DropOld; buckets that were resolved and not asked for lately go as a whole.
  void DropOld();

 private:
  struct Configured {
    VirtualBucketPointer bucket;
    bool anonymous = false;
  };
  // What a name stands for, for one caller.
  struct Resolved {
    std::string prefix;
    std::optional<int64_t> time_ms;
    TimestampMicros resolved_at = 0;
  };
  struct Opened {
    VirtualBucketPointer bucket;
    TimestampMicros used_at = 0;
  };
  BucketDirectory(const ProxyConfig& config, RewrittenFiles& rewritten, Clock& clock);
  Result<FileSourcePointer> OpenSource(const BucketConfig& bucket);
  bool MayRead(const std::string& name, const Caller& caller) const;
  Result<VirtualBucketPointer> FindResolved(const std::string& name, const std::string& key_id);
  Result<Resolved> Resolve(const std::string& name, const std::string& key_id);
  Result<Resolved> Ask(const std::string& name, const std::string& key_id);

  const ProxyConfig config_;
  RewrittenFiles& rewritten_;
  Clock& clock_;
  HttpClient http_;
  std::map<std::string, Configured> configured_;
  std::map<std::string, KeyConfig> keys_;

  std::mutex mutex_;
  // By name and access key: tenants share no answers. Guarded by mutex_.
  std::map<std::pair<std::string, std::string>, Resolved> resolved_;
  // By name, prefix and time. Guarded by mutex_.
  std::map<std::string, Opened> opened_;
};

}  // namespace icefall::s3proxy
