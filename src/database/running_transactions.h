// What transactions may still need, told between the processes of one machine: maintenance deletes
// nothing that a running one reads or has written.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "table/ids.h"

namespace icefall {

// The least that any transaction needs; absent where none runs.
struct OldestRunning {
  std::optional<DatabaseSequence> pin;   // of those that read
  std::optional<TimestampMicros> begin;  // of those that have written data files
};

// The transactions of one database object. Others see them as shared locks on bytes of one file: a
// byte for the oldest pin and one for the oldest begin. The system takes them away with the
// process, however that ends. Where the file cannot be opened only this object's own are known.
// Thread-safe.
class RunningTransactions {
 public:
  // Empty path: the store has no files, so no other process shares it. The file is made when a
  // transaction begins and may be; never written.
  explicit RunningTransactions(std::string path);
  ~RunningTransactions();

  void AddPin(DatabaseSequence pin);
  void RemovePin(DatabaseSequence pin);
  void AddBegin(TimestampMicros begin);
  void RemoveBegin(TimestampMicros begin);

  // Over all processes. A transaction that begins while this runs may be missing: it reads what is
  // newest after the call began. Error: why the locks cannot be looked at.
  Result<OldestRunning> Oldest();

 private:
  class File;
  void Publish();  // with mutex_

  const std::string path_;
  std::mutex mutex_;            // guards what follows
  std::unique_ptr<File> file_;  // null: not opened yet, or cannot be
  bool has_tried_ = false;      // to open it
  std::multiset<DatabaseSequence> pins_;
  std::multiset<TimestampMicros> begins_;
};

}  // namespace icefall
