// One table's log: the only thing that knows how the table's commits are stored.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "log/log_entry.h"
#include "table/change_set.h"
#include "table/snapshot.h"

namespace icefall {

// One commit, for histories.
struct CommitRecord {
  SnapshotPointer snapshot;
  std::map<std::string, std::string> summary;
};

// A commit that is ready to be written.
struct EncodedCommit {
  LogEntry entry;
  SnapshotPointer after;
  std::shared_ptr<const ChangeSet> change;
};

// How much log a reader that opens the table now has to replay.
struct ManifestDebt {
  uint64_t log_bytes = 0;       // behind the newest manifest known
  uint64_t manifest_bytes = 0;  // size of that one
  uint64_t commit_bytes = 0;    // of log_bytes, those of the last commit of this process
};

using SequencedChange = std::pair<Sequence, std::shared_ptr<const ChangeSet>>;

// Thread-safe. Remembers the newest states. Common errors: kCorruption naming file, line and
// sequence; kUnsupported for a newer format; the store's.
class TableLog {
 public:
  virtual ~TableLog() = default;

  // Reads what was committed since the last call, commits up to `limit` only. Error: kNotFound when
  // the log has no commit.
  virtual Result<SnapshotPointer> Refresh(DatabaseSequence limit, const SettledUntil& settled) = 0;
  // The same with the right to commit: transactions that never had an outcome are those of dead
  // writers, and are aborted.
  virtual Result<SnapshotPointer> RefreshToCommit(const SettledUntil& settled) = 0;

  // The newest known state, that of staged commits included; null before the first Refresh.
  virtual SnapshotPointer Head() const = 0;

  // The newest known state that is not after the given point; older ones are loaded. Error:
  // kNotFound when the point lies before the oldest state that is still stored.
  virtual Result<SnapshotPointer> At(Sequence sequence) = 0;
  virtual Result<SnapshotPointer> AsOf(DatabaseSequence sequence) = 0;
  virtual Result<SnapshotPointer> AsOfTime(TimestampMicros time) = 0;

  // Every commit that can still be travelled to and is not after `last`, ascending.
  virtual Result<void> ForEachCommit(DatabaseSequence last,
                                     const std::function<void(const CommitRecord&)>& visit) = 0;

  // The changes that lead from `after` to Head.
  virtual Result<std::vector<SequencedChange>> ChangesAfter(Sequence after) = 0;

  // The commit of `change` on top of Head. Writes nothing to the log, but large deletion vectors to
  // files. `applied`, unless null, is what the change leads to from Head, with the next sequence,
  // and spares finding it out. Errors: kCorruption when the change does not fit Head.
  virtual Result<EncodedCommit> Encode(const ChangeSet& change, const CommitPlace& place,
                                       const std::optional<TransactionMark>& mark,
                                       const Snapshot* applied = nullptr) = 0;
  // As Encode, for the first commit of a table; `initial` is its state before `change`.
  virtual Result<EncodedCommit> EncodeFirst(const Snapshot& initial, const ChangeSet& change,
                                            const CommitPlace& place) = 0;

  // Between append and durability of a commit; only with the right to commit. Publish makes staged
  // commits known to readers, Discard forgets them.
  virtual void Stage(const EncodedCommit& commit) = 0;
  virtual void Publish() = 0;
  virtual void Discard() = 0;

  // Where lines begin that came after `durable` and may not have reached the disk.
  virtual std::optional<LogTail> TailAfter(DatabaseSequence durable) const = 0;
  // For a log that Refresh cannot read. Error: the store's, when it may pass.
  virtual Result<LogRemains> Remains(DatabaseSequence durable) = 0;

  // Whether the state at `sequence` can still be reached, as the store says now: others may have
  // forgotten it, and what is remembered here does not tell.
  virtual Result<bool> IsKept(Sequence sequence) = 0;
  // Makes `oldest` the oldest state that can be reached; lines before it stay. Error: kNotFound
  // when there is no such commit.
  virtual Result<void> KeepFrom(Sequence oldest) = 0;

  virtual ManifestDebt manifest_debt() const = 0;
  // Looks for a newer manifest, which another process may have written: then the debt counts from
  // that one, about.
  virtual Result<void> FindManifest() = 0;
  // Writes a manifest of the newest state that is not after `durable`.
  virtual Result<void> WriteManifest(DatabaseSequence durable) = 0;
};

}  // namespace icefall
