// Decides which commit is number N: the one place where concurrent writers of a database meet.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

// What a plan may claim while it has the right to commit.
struct CommitTurn {
  // The newest commit before those of this group, which is durable before any of them is told to
  // be. Those between it and this one were staged by plans of the same group.
  DatabaseSequence head;
  // For this commit; greater than every one given out, its time later than that of every commit
  // before.
  DatabaseSequence database_sequence;
  TimestampMicros committed_at = 0;
  // Every append must be a new object (offset 0), because objects cannot grow. All of a batch
  // appear at once: it needs no outcome file, which is ignored.
  bool own_object = false;
};

// Bytes for the end of an object, which is at `offset`; anything behind that is the torn rest of a
// commit that never happened. `is_new`: the object must not exist, or be empty.
struct LogAppend {
  ObjectKey key;
  uint64_t offset = 0;
  std::string bytes;
  bool is_new = false;
};

struct CommitBatch {
  // A log has a commit that is not before this turn: try again with another. Steps are empty then.
  bool is_late = false;
  // Each step is durable before the next one begins.
  std::vector<std::vector<LogAppend>> steps;
  // Created when all steps are durable; the commit happens with it. Without: with the last step.
  struct OutcomeFile {
    ObjectKey key;
    std::string bytes;
  };
  std::optional<OutcomeFile> outcome;
};

// A commit that someone wants to make. Called by one thread at a time, which may be another one
// than that which called Commit.
class CommitPlan {
 public:
  virtual ~CommitPlan() = default;
  // Called with the right to commit, and again when a race was lost. An error ends this plan and no
  // other.
  virtual Result<CommitBatch> Prepare(const CommitTurn& turn) = 0;
  // Staged: the batch is written, and what follows in the group builds on it. Every plan ends with
  // Published (it is durable, readers may see it) or Withdrawn; the latter after Staged means that
  // it may or may not happen: forget what was staged, and read again.
  virtual void Staged() = 0;
  virtual void Published() = 0;
  virtual void Withdrawn() = 0;
};

// What the logs of a database say when the coordinator's memory of it is lost.
struct RecoveredHead {
  DatabaseSequence database_sequence;
  TimestampMicros committed_at = 0;
  // Ends of objects that may not be durable, because their writer died or failed before it knew.
  struct Tail {
    ObjectKey key;
    uint64_t offset = 0;
  };
  std::vector<Tail> unsynced;
};

// Reads the ends of all logs, with the right to commit. `durable`: commits up to here are known to
// be durable; 0 after a restart of the machine, when everything that is read is.
using RecoverHead = std::function<Result<RecoveredHead>(DatabaseSequence durable)>;

// Thread-safe.
class CommitCoordinator {
 public:
  virtual ~CommitCoordinator() = default;

  // The newest durable commit that readers may rely on, as far as is known without asking the
  // store. Absent where nothing is: the caller then reads the newest of everything.
  virtual std::optional<DatabaseSequence> Published() = 0;

  // The same, of whatever process, having asked the store where that is needed. Error: the store's.
  virtual Result<std::optional<DatabaseSequence>> LookUp() { return Published(); }

  // Settles what a writer that died left behind; cheap when there is nothing. Also on demand
  // inside Commit.
  virtual Result<void> Recover() = 0;

  // Makes the plan's commit. Errors: the plan's; kOutcomeUnknown when it may or may not have
  // happened; any other: it has not happened.
  virtual Result<void> Commit(CommitPlan& plan) = 0;
};

}  // namespace icefall
