#include "sql/store/small_files.h"

#include "base/parallel.h"

namespace icefall {
namespace {

constexpr size_t kRequestsAtOnce = 16;

}  // namespace

SmallFiles::Bytes SmallFiles::Find(const std::string& path) {
  Reading reading;
  {
    const std::lock_guard lock(mutex_);
    const auto found = readings_.find(path);
    if (found == readings_.end()) return nullptr;
    reading = found->second;
  }
  const auto& read = reading.get();
  return read.has_value() ? *read : nullptr;
}

Result<SmallFiles::Bytes> SmallFiles::Read(const std::string& path,
                                           const std::vector<std::string>& neighbours,
                                           const ReadFile& read) {
  std::vector<std::pair<std::string, std::promise<Result<Bytes>>>> ours;
  Reading wanted;
  {
    const std::lock_guard lock(mutex_);
    const auto begin = [&](const std::string& one) {
      auto& reading = readings_[one];
      if (!reading.valid()) {
        ours.emplace_back(one, std::promise<Result<Bytes>>());
        reading = ours.back().second.get_future().share();
      }
      return reading;
    };
    wanted = begin(path);
    for (const auto& neighbour : neighbours) begin(neighbour);
  }
  (void)ForEachInParallel(ours.size(), kRequestsAtOnce, [&](size_t i) -> Result<void> {
    auto& [own_path, promise] = ours[i];
    auto bytes = read(own_path);
    if (bytes.has_value()) {
      const uint64_t size_bytes = bytes->size();
      promise.set_value(std::make_shared<const std::string>(*std::move(bytes)));
      Keep(own_path, size_bytes);
    } else {
      {
        const std::lock_guard lock(mutex_);
        readings_.erase(own_path);
      }
      promise.set_value(Fail(std::move(bytes).error()));
    }
    // One that is missing is no reason not to read the others.
    return {};
  });
  return wanted.get();
}

void SmallFiles::Keep(const std::string& path, uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  kept_.emplace_back(path, size_bytes);
  kept_bytes_ += size_bytes;
  while (kept_bytes_ > kKeptBytesMax) {
    readings_.erase(kept_.front().first);
    kept_bytes_ -= kept_.front().second;
    kept_.pop_front();
  }
}

}  // namespace icefall
