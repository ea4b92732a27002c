// One commit of a log as one line of JSON; see docs/format/commit-line.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "log/icefall/json.h"
#include "log/log_entry.h"
#include "table/ids.h"

namespace icefall {

// The newest format that this code reads, and the one that it writes.
inline constexpr uint64_t kFormatVersion = 1;

// Error: kUnsupported naming the version found and the one supported, when `found` is newer.
Result<void> CheckFormatVersion(uint64_t found);

struct CommitLine {
  Sequence sequence;
  DatabaseSequence database_sequence;
  std::string parent_hash;  // "" for the first line of a log
  TimestampMicros committed_at = 0;
  std::string operation;
  std::map<std::string, std::string> summary;
  std::optional<TransactionMark> transaction;
  Json changes;
  std::string hash;  // of the line's bytes; not stored in it
};

// The line without its newline. Its last member is a CRC-32 of all bytes before that member: the
// next line's parent_hash vouches for a line, but nothing yet for the newest one.
// `first_of_segment`: carries the format version, so that every segment says by itself how to read
// it. Errors: see WriteJson.
Result<std::string> EncodeLine(const CommitLine& line, bool first_of_segment);

// Errors: kCorruption; kUnsupported for a newer format.
Result<CommitLine> DecodeLine(std::string_view text);

}  // namespace icefall
