#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace icefall {

Result<void> ForEachInParallel(size_t count, size_t thread_count_max,
                               const std::function<Result<void>(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::optional<Error> failure;  // guarded by mutex
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) {
      auto done = work(i);
      if (done) continue;
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::move(done).error();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < std::min(count, thread_count_max); ++i) threads.emplace_back(run);
    run();
  }
  if (failure) return Fail(std::move(*failure));
  return {};
}

}  // namespace icefall
