// What the commit protocol and the logs say to each other, whatever the log's format is.
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

// Bytes that become part of a log: appended at `offset` of an object, whose end it is; anything
// behind is the torn rest of a commit that never happened. At offset 0 the object may be new.
struct LogEntry {
  ObjectKey key;
  uint64_t offset = 0;
  std::string bytes;
};

// The end of an object, from `offset` on.
struct LogTail {
  ObjectKey key;
  uint64_t offset = 0;
};

// What the parts of a damaged log say each by themselves.
struct LogRemains {
  DatabaseSequence database_sequence;  // the highest, 0 when none was found
  TimestampMicros committed_at = 0;    // the latest
  // Where the lines begin that came after a point up to which everything is durable.
  std::optional<LogTail> tail;
};

// Whether an error says that what is stored cannot be read, as opposed to a fault that may pass.
constexpr bool IsDamage(ErrorCode code) {
  return code == ErrorCode::kCorruption || code == ErrorCode::kNotFound ||
         code == ErrorCode::kUnsupported || code == ErrorCode::kInvalidArgument;
}

// Stands in every line of a commit that spans several existing logs: the line counts only if the
// transaction's outcome file says so.
struct TransactionMark {
  struct Participant {
    std::string log;  // its directory
    Sequence sequence;
  };
  std::string id;
  std::vector<Participant> participants;
};

// Up to which number every transaction has got its outcome, so that one without was lost. Asked
// only when one is missing, which is looked for again then. Null: nothing is known.
using SettledUntil = std::function<Result<DatabaseSequence>()>;

// Everything up to `newest`, which was published, or committed by a writer that settled what was
// before it.
inline SettledUntil AllSettledUntil(DatabaseSequence newest) {
  return [newest] { return Result<DatabaseSequence>(newest); };
}

// The place of a commit in the order of all commits of its database.
struct CommitPlace {
  DatabaseSequence database_sequence;
  TimestampMicros committed_at = 0;
  // The coordinator creates one object per commit instead of appending.
  bool own_object = false;
};

}  // namespace icefall
