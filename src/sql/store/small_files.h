// Small files of stores that are reached over a network: read whole, with one request each, many at
// once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace icefall {

// Keeps the bytes of those that were read last, for whoever opens them next; files never change.
// Thread-safe.
class SmallFiles {
 public:
  // Larger ones are read by ranges.
  static constexpr uint64_t kFileSizeMax = 256ULL << 10;
  // So many are kept.
  static constexpr uint64_t kKeptBytesMax = 32ULL << 20;

  using Bytes = std::shared_ptr<const std::string>;
  // Reads a file; called from several threads.
  using ReadFile = std::function<Result<std::string>(const std::string& path)>;

  // The bytes of the file, which may have to be waited for. `neighbours` are read along with it, at
  // the cost of the slowest one; what goes wrong with them shows when they are asked for. Error:
  // that of reading `path`.
  Result<Bytes> Read(const std::string& path, const std::vector<std::string>& neighbours,
                     const ReadFile& read);
  // Null unless it is kept.
  Bytes Find(const std::string& path);

 private:
  using Reading = std::shared_future<Result<Bytes>>;

  // Takes note of bytes that came, and lets the oldest go.
  void Keep(const std::string& path, uint64_t size_bytes);

  std::mutex mutex_;  // guards what follows
  std::map<std::string, Reading> readings_;
  std::deque<std::pair<std::string, uint64_t>> kept_;  // oldest first, with sizes
  uint64_t kept_bytes_ = 0;
};

}  // namespace icefall
