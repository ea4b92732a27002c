// A bucket that clients see: what its source shows, and what it has shown a short while ago.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "s3proxy/virtual_file.h"

namespace icefall::s3proxy {

// What was listed stays readable for some time although the table goes on, so that clients can page
// and read: views are held, and with them what they show. Thread-safe.
class VirtualBucket {
 public:
  struct Holding {
    int64_t held_seconds = 300;
    // Of all held views; beyond, the oldest are dropped early.
    uint64_t file_count_max = 4'000'000;
  };

  // `clock` must outlive it.
  VirtualBucket(std::string name, FileSourcePointer source, Holding holding, Clock& clock)
      : name_(std::move(name)), source_(std::move(source)), holding_(holding), clock_(clock) {}

  const std::string& name() const { return name_; }

  // Errors of all: those of the source.
  Result<TableViewPointer> Newest();
  // The view of a page before; the newest one when that is gone.
  Result<TableViewPointer> At(uint64_t point);
  // Null when neither a held view nor the newest one has the key.
  Result<VirtualFilePointer> Find(std::string_view key);
  // Drops what has been held long enough. To be called now and then: a held view keeps garbage
  // from being collected.
  void DropOld();

 private:
  struct Held {
    TableViewPointer view;
    TimestampMicros current_at;  // when it was the newest
  };
  void Hold(const TableViewPointer& view);
  void DropOldLocked();  // with mutex_
  VirtualFilePointer FindHeld(std::string_view key);

  const std::string name_;
  const FileSourcePointer source_;
  const Holding holding_;
  Clock& clock_;
  std::mutex mutex_;
  std::deque<Held> held_;  // newest first; guarded by mutex_
};

}  // namespace icefall::s3proxy
