// Bytes kept in a directory of this machine, for all of its processes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall {

struct RangeCacheOptions {
  std::string directory;
  uint64_t size_bytes_max = 10ULL << 30;
};

// A value of a name never changes: whoever keeps one keeps the same bytes. Values are verified when
// they are found, so that a damaged, torn or foreign file is as good as none; those that were not
// used for the longest time are removed when all of them, whoever kept them, are more than
// `size_bytes_max`. Readable by this user only. Thread-safe.
class RangeCache {
 public:
  // Makes the directory. Error: why that cannot be used, naming it.
  static Result<std::unique_ptr<RangeCache>> Open(RangeCacheOptions options);

  std::optional<std::string> Find(std::string_view name);
  // Keeps nothing when that fails: a full disk is no reason not to answer. Values too large for
  // the cache are left out.
  void Keep(std::string_view name, std::string_view bytes);

  const RangeCacheOptions& options() const { return options_; }

 private:
  explicit RangeCache(RangeCacheOptions options) : options_(std::move(options)) {}
  std::string PathOf(std::string_view name) const;
  // Removes what is too much, unless another process is at it.
  void Trim();

  const RangeCacheOptions options_;
  std::atomic<uint64_t> kept_bytes_ = 0;  // since the last Trim
  std::atomic<bool> was_trimmed_ = false;
  std::mutex trim_mutex_;
};

}  // namespace icefall
