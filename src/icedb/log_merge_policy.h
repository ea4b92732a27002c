// When a writer of an icedb table puts its log files into one, so that reads do not grow with the
// number of inserts.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

namespace icefall::icedb {

// Counts the log files that readers have to get one by one, as far as one process knows. Thread-
// safe.
class LogMergePolicy {
 public:
  // The log was read: so many of its files are not superseded.
  void NoteState(uint64_t live_log_count);
  void NoteAppend();

  // Whether it is time to ask the table's options and Start.
  bool IsDue() const;
  // True when a merge is to be tried now; the next try is then that many log files away, unless
  // they become fewer. `merge_logs_after` is the table's option; 0: never again.
  bool Start(uint64_t merge_logs_after);
  // The option was changed: it is due to be asked for.
  void ForgetOption();

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::optional<uint64_t> after_;
  uint64_t count_ = 0;
  uint64_t due_ = 0;  // at this count; later than `after_` by chance, so that writers differ
};

}  // namespace icefall::icedb
