// An icedb table: Parquet files and a log of JSON lines in a bucket or directory, changed by any
// number of processes that share nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "icedb/log_builder.h"
#include "icedb/log_merge_policy.h"
#include "icedb/log_reader.h"
#include "icedb/maintenance_head.h"
#include "store/object_store.h"

namespace icefall::icedb {

// Where a table is. Paths in its log are keys of the data store, prefix included. The log may be in
// a store of its own.
struct TablePlace {
  std::shared_ptr<ObjectStore> data;
  std::string data_prefix;
  std::shared_ptr<ObjectStore> log;
  std::string log_prefix;
};

struct CommittedLog {
  std::string key;  // empty when an operation only deleted
  LogFile file;
};

// Plans an operation for a state; called again with a newer one after a lost race. Nothing when
// there is nothing to do. Error: kConflict when what it was prepared for is gone.
using MaintenancePlanner =
    std::function<Result<std::optional<MaintenanceDraft>>(const TableState& state)>;

// Thread-safe.
class Table {
 public:
  // `clock` must outlive the table.
  Table(TablePlace place, Clock& clock);

  const TablePlace& place() const { return place_; }
  int64_t NowMs() { return clock_.NowMicros() / 1000; }

  // The state of all log files, or of those older than `before_ms`. A time that has not come yet
  // means now; what this object committed is seen from the moment that it was acknowledged,
  // whatever the clocks. Errors: those of LogReader::Read.
  Result<StatePointer> Read(std::optional<int64_t> before_ms = std::nullopt);
  LogReader& reader() { return reader_; }

  // Adds data files that were stored; no other log file is looked at. `started_at_ms`: before the
  // first of them was stored. Errors: kInvalidArgument for the host; kConflict when a file that
  // took long is gone again; kOutcomeUnknown.
  Result<CommittedLog> Append(std::string_view host, Columns schema, std::vector<FileMarker> files,
                              int64_t started_at_ms);

  // Commits one maintenance operation, beside any number of others, after finishing one that was
  // left behind. Nothing when the planner has nothing to do. Errors: those of the planner, with the
  // operation that came before in the message of kConflict; kConstraint when log files contradict
  // each other about columns and the draft does not say how it is to be; kOutcomeUnknown: it may
  // happen yet, so nothing of it may be deleted.
  Result<std::optional<CommittedLog>> Maintain(std::string_view host,
                                               const MaintenancePlanner& planner,
                                               int64_t started_at_ms);

  // After a commit: puts all log files into one when there are many, if the table's options want
  // it, so that reads do not grow with the number of inserts. What goes wrong is not said: the next
  // one tries again.
  void MergeLogsIfMany(std::string_view host);
  // After a change of the table's options by this process; others learn of it at their next merge.
  void ForgetOptions() { log_merges_.ForgetOption(); }

  // Finishes the operation that somebody left behind, if there is one.
  Result<void> FinishMaintenance();

 private:
  struct ReadHead {
    std::optional<MaintenanceHead> head;  // absent: no operation yet
    ObjectVersion version;
  };
  std::string HeadKey() const;
  Result<ReadHead> LoadHead();
  // Publishes, deletes and notes that this was done. Idempotent.
  Result<void> Finish(const MaintenanceHead& head, const ObjectVersion& version);
  Result<void> Publish(const MaintenanceHead& head);
  // One attempt. kConflict with nothing done: another operation came first.
  Result<CommittedLog> Commit(const ReadHead& before, const TableState& state,
                              const MaintenanceDraft& draft, std::string_view host);
  // Reserves a name for the draft's log and puts both into the head.
  Result<CommittedLog> PrepareLog(const TableState& state, const MaintenanceDraft& draft,
                                  MaintenanceHead& head);
  // Stores the head in place of `before`; answers its version, or nothing when that is gone.
  Result<std::optional<ObjectVersion>> ReplaceHead(const ReadHead& before,
                                                   const MaintenanceHead& head);
  struct Reserved {
    std::string key;
    int64_t ms;
    ObjectVersion version;
  };
  // Takes a name at `ms` or later, with what `make_bytes` gives for that time.
  Result<Reserved> CreateLog(std::string_view host, bool merged, int64_t ms,
                             const std::function<Result<std::string>(int64_t ms)>& make_bytes);
  Result<void> CheckStillThere(const std::vector<FileMarker>& files, int64_t started_at_ms);
  Result<StatePointer> ReadNow();
  // Until the clock has passed `ms`, if it soon will; else remembers that it was acknowledged.
  void Acknowledge(int64_t ms);

  const TablePlace place_;
  Clock& clock_;
  LogReader reader_;
  std::mutex mutex_;
  int64_t last_ms_ = 0;                             // of an Append; guarded by mutex_
  std::vector<std::pair<int64_t, int64_t>> ahead_;  // acknowledged at, log's ms; guarded by mutex_
  LogMergePolicy log_merges_;
};

}  // namespace icefall::icedb
