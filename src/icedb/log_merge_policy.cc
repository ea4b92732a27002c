#include "icedb/log_merge_policy.h"

#include <random>

namespace icefall::icedb {
namespace {

// A quarter later at most. Of writers that count together one goes ahead, and the others see it.
uint64_t Later(uint64_t count) { return count + std::random_device()() % (count / 4 + 1); }

}  // namespace

void LogMergePolicy::NoteState(uint64_t live_log_count) {
  const std::lock_guard lock(mutex_);
  count_ = live_log_count;
  if (after_ && count_ < *after_) due_ = Later(*after_);
}

void LogMergePolicy::NoteAppend() {
  const std::lock_guard lock(mutex_);
  ++count_;
}

bool LogMergePolicy::IsDue() const {
  const std::lock_guard lock(mutex_);
  return !after_ || (*after_ > 0 && count_ >= due_);
}

bool LogMergePolicy::Start(uint64_t merge_logs_after) {
  const std::lock_guard lock(mutex_);
  if (after_ != merge_logs_after) due_ = Later(merge_logs_after);
  after_ = merge_logs_after;
  if (merge_logs_after == 0 || count_ < due_) return false;
  due_ = count_ + Later(merge_logs_after);
  return true;
}

void LogMergePolicy::ForgetOption() {
  const std::lock_guard lock(mutex_);
  after_.reset();
}

}  // namespace icefall::icedb
