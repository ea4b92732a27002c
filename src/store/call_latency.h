// Time that a call takes on its way, for stores of tests that stand for a network's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace icefall {

// Waits, and calls of other threads do not shorten it.
inline void TakeTime(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable().wait_for(lock, time, [] { return false; });
}

}  // namespace icefall
