// Deleting what no snapshot that is kept, no reader and no writer needs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "database/database.h"

namespace icefall {

struct GcOptions {
  static constexpr int64_t kSafeAgeMicros = int64_t{3600} * 1'000'000;

  // The newest commits that can still be travelled to; at least 1.
  uint64_t retain_snapshots = 3;
  // And those that are not older than this.
  std::optional<int64_t> retain_micros;
  // Files that no commit names are kept for so long, whatever is known of their writers; on a store
  // without locks also every snapshot that was the newest within it.
  int64_t safe_age_micros = kSafeAgeMicros;
  // Only says what would be deleted.
  bool dry_run = false;
  // Asked now and then, with the files deleted so far and how many are to be (0: not known yet), by
  // the thread that collects; false stops it. May be empty.
  std::function<bool(uint64_t deleted, uint64_t total)> goes_on = nullptr;
  // Told of each file that was deleted, by the same thread. May be empty.
  std::function<void(const ObjectKey& key)> deleted = nullptr;
};

// What is true of a collection that was stopped.
inline constexpr std::string_view kGcStopped =
    "files may be deleted already, what is committed stays; another gc goes on";

struct GcReport {
  uint64_t deleted_files = 0;
  uint64_t deleted_bytes = 0;
  std::vector<Sequence> retained;  // descending
};

// Deletes data files with their indexes, deletion vectors and manifests of one table, and what is
// left of dropped ones that had its name (gc_dropped.h). Its history stays, line by line: what is
// older than the oldest retained commit can no longer be read, which its mark says
// (Database::KeepFrom). Safe at any time and from several processes at once, because
//   - a snapshot that a running transaction of any process reads is retained (Database::Running,
//     looked at after the newest commit was); what the mark has given up stays while a transaction
//     reads that was there before the mark (looked at again after it);
//   - a file that no commit names is deleted only when it is older than the begin of every running
//     transaction that writes files, and than the safe age. Files are listed first, running
//     transactions are looked at next, and the log is read last: a transaction that ended in
//     between has its commit in the log;
//   - only files with names that this engine gives are touched;
//   - the mark is durable before anything is deleted; stopped anywhere, another call goes on.
// Readers that may not write to the database's directory, and on a store without locks those of
// other processes that began before the safe age, are not known, and fail with a missing file when
// what they read is not retained. Memory: 16 bytes per file. Errors: kNotFound "table 'T' not
// found"; kInvalidArgument; kPermissionDenied; that of GoOn and the store's, and then some files
// are left.
Result<GcReport> CollectGarbage(Database& database, Clock& clock, const ObjectName& table,
                                const GcOptions& options);

// Error: kUnavailable "interrupted" when the options say that it has to stop.
Result<void> GoOn(const GcOptions& options, uint64_t deleted, uint64_t total);

}  // namespace icefall
