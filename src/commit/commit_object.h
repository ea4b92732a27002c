// The objects that hold the commits of a database whose store cannot append; see
// docs/format/commit-object.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

// "_catalog/_commits/00000000000000000001.jsonl"
ObjectKey CommitObjectKey(DatabaseSequence commit);
inline constexpr std::string_view kCommitObjectPrefix = "_catalog/_commits/";
// Absent when the key is no commit object's.
std::optional<DatabaseSequence> ParseCommitObjectKey(std::string_view key);

// Derived: where to begin reading. Any older one will do.
inline constexpr std::string_view kHeadObjectKey = "_catalog/_head.jsonl";

// A line of a log, newline included. Null text: not at hand, its commit's object has it.
struct CommittedLine {
  DatabaseSequence commit;
  std::string log;  // its directory
  Sequence sequence;
  std::shared_ptr<const std::string> text;
};

// A commit, with lines of those before it, so that few objects tell of many commits.
struct CommitObject {
  std::string id;          // of the attempt to make it, unlike any other
  DatabaseSequence first;  // oldest commit whose lines it has; it has those of all up to `last`
  DatabaseSequence last;   // the commit that happened with it
  DatabaseSequence head;   // of the newest head object that its writer knew, 0: none
  TimestampMicros committed_at = 0;  // of `last`
  uint64_t waited = 0;               // of `last`; see CommitSign
  std::vector<CommittedLine> lines;  // ascending by commit, and by sequence within a log
};

// One log as of the head object's commit.
struct LogHead {
  std::string log;
  Sequence newest;
  std::optional<Sequence> manifest;  // a manifest that is stored, not after `newest`
  std::shared_ptr<const std::string> manifest_text;  // null: too large to repeat, or none
  std::vector<CommittedLine> lines;                  // the last ones, `newest` the last of them
};

struct HeadObject {
  DatabaseSequence last;
  TimestampMicros committed_at = 0;
  std::vector<LogHead> logs;  // all that there are
};

// Precondition: texts are there and end with their only newline.
Result<std::string> EncodeCommitObject(const CommitObject& object);
// Precondition: as above for the texts that are there.
Result<std::string> EncodeHeadObject(const HeadObject& head);

// Errors: kCorruption naming the line; kUnsupported for a newer format.
Result<CommitObject> DecodeCommitObject(std::string_view text);
Result<HeadObject> DecodeHeadObject(std::string_view text);

}  // namespace icefall
