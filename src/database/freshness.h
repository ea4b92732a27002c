// Which commits a log that was read at some time is known to include, without asking the store.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "table/ids.h"

namespace icefall {

// Of one log: it was read when the newest published commit was this one.
class ReadMark {
 public:
  void Raise(DatabaseSequence published) {
    uint64_t known = value_.load();
    while (known < published.value && !value_.compare_exchange_weak(known, published.value)) {
    }
  }
  void Forget() { value_ = 0; }
  DatabaseSequence Get() const { return DatabaseSequence(value_.load()); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// The newest run of commits that this process made without another one in between: a log that was
// current before them is current after them, because it learned of each as it was made.
// Thread-safe.
class OwnCommits {
 public:
  void Add(DatabaseSequence sequence) {
    const std::lock_guard lock(mutex_);
    if (last_.Next() != sequence) before_first_ = DatabaseSequence(sequence.value - 1);
    last_ = sequence;
  }

  // True when a log with this mark includes every commit up to `sequence`.
  bool Covers(const ReadMark& mark, DatabaseSequence sequence) const {
    const DatabaseSequence read = mark.Get();
    if (read >= sequence) return true;
    const std::lock_guard lock(mutex_);
    return read.value > 0 && read >= before_first_ && sequence <= last_;
  }

 private:
  mutable std::mutex mutex_;
  DatabaseSequence before_first_;  // guarded by mutex_; the run is (before_first_, last_]
  DatabaseSequence last_;          // guarded by mutex_
};

}  // namespace icefall
