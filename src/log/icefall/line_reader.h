// Reads the commit lines of one log in order and verifies each against the one before.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/icefall/commit_line.h"
#include "log/icefall/outcome_trace.h"
#include "log/icefall/transaction_outcomes.h"
#include "store/object_store.h"

namespace icefall {

// How far a log was read: everything before is verified, the next line is expected here.
struct LogCursor {
  Sequence segment{1};  // first sequence of the segment that has or will have the next line
  uint64_t offset = 0;  // of the next line in it
  Sequence sequence;    // of the line before; 0 at the start
  std::string hash;     // of the line before
  DatabaseSequence database_sequence;  // of the line before
  TimestampMicros committed_at = 0;    // of the line before
};

struct VerifiedLine {
  CommitLine line;
  LogCursor after;
  uint64_t size_bytes = 0;  // newline included
  bool aborted = false;     // belongs to an aborted transaction: holds its number, changes nothing
};

// Answers false to stop before the next line.
using LineVisitor = std::function<Result<bool>(VerifiedLine)>;

// Asked about a transaction whose outcome was lost; `lost` is what there is to say of that. Answers
// what became of it, absent where that cannot be known.
using JudgeLostOutcome = std::function<Result<std::optional<TransactionOutcome>>(
    const CommitLine& line, const std::string& lost)>;

// Who reads.
struct ReadMode {
  // A writer with the right to commit: a transaction that never had an outcome is that of a dead
  // writer, and is aborted. A reader stops there: neither it nor what follows has happened.
  bool may_commit = false;
  // A reader stops at commits after this one: they are not known to be durable, and until then a
  // failing writer may take them back.
  DatabaseSequence limit{UINT64_MAX};
  SettledUntil settled;
  // Null: only what TraceOutcome tells for certain is known.
  JudgeLostOutcome judge;
  // For visitors that know about outcomes themselves: every line is visited as one that counts.
  bool ignores_outcomes = false;
};

// Thread-safe. Lends the store and the outcomes.
class LineReader {
 public:
  LineReader(ObjectStore& store, std::string directory, TransactionOutcomes& outcomes)
      : store_(store), directory_(std::move(directory)), outcomes_(outcomes) {}

  // Visits the lines after `cursor` and moves it past each visited one, and into the next segment
  // when there is one. An unterminated last line is left alone: it never happened. With nothing
  // new: two Stat calls; where objects cannot grow, and every line has its own, one List call.
  // Errors: kNotFound when the cursor's segment is gone; kCorruption naming segment, line number
  // and sequence, also for a transaction whose outcome was lost; kUnsupported; the visitor's; the
  // store's.
  Result<void> Read(LogCursor& cursor, const ReadMode& mode, const LineVisitor& visit) const;

 private:
  struct LinesEnd {
    bool stopped = false;  // by the visitor, an unsettled transaction, or a torn line
  };
  Result<void> ReadGrowing(LogCursor& cursor, const ReadMode& mode, const LineVisitor& visit) const;
  Result<void> ReadListed(LogCursor& cursor, const ReadMode& mode, const LineVisitor& visit) const;
  // What the segments hold, of the first one from `first_offset` on.
  Result<std::vector<std::string>> ReadAll(std::span<const ObjectInfo> segments,
                                           uint64_t first_offset) const;
  // `rest` is what the cursor's segment holds from the cursor on.
  Result<LinesEnd> VisitLines(LogCursor& cursor, std::string_view rest, const ReadMode& mode,
                              const LineVisitor& visit) const;
  // The line that is expected at the cursor, for messages.
  std::string Where(const LogCursor& cursor) const;
  Result<VerifiedLine> Verify(const LogCursor& cursor, std::string_view text) const;
  // Absent: the line has no outcome yet. `is_followed`: by bytes, which nobody writes behind a
  // transaction without an outcome.
  Result<std::optional<TransactionOutcome>> OutcomeOf(const CommitLine& line, const ReadMode& mode,
                                                      bool is_followed) const;
  Result<std::optional<TransactionOutcome>> OutcomeWithoutFile(const CommitLine& line,
                                                               const ReadMode& mode,
                                                               bool is_followed) const;
  // How the lack of its file is known to be a loss; empty when it is not.
  Result<std::string> DescribeLoss(const CommitLine& line, const ReadMode& mode,
                                   const OutcomeTrace& trace, bool is_followed) const;

  ObjectStore& store_;
  const std::string directory_;
  TransactionOutcomes& outcomes_;
};

}  // namespace icefall
