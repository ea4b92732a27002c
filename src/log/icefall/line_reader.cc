#include "log/icefall/line_reader.h"

#include <fmt/format.h>

#include "log/icefall/file_names.h"

namespace icefall {

Result<void> LineReader::Read(LogCursor& cursor, const ReadMode& mode,
                              const LineVisitor& visit) const {
  while (true) {
    const ObjectKey key = SegmentKey(directory_, cursor.segment);
    auto info = store_.Stat(key);
    if (!info) {
      // A log without lines has no segment yet.
      if (info.error().code() == ErrorCode::kNotFound && cursor.sequence.value == 0) return {};
      return Fail(std::move(info).error());
    }
    if (info->size_bytes < cursor.offset) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("{}: expected at least {} bytes, which held commits up to sequence "
                              "{}, found {}: it shrank",
                              key, cursor.offset, cursor.sequence.value, info->size_bytes));
    }
    if (info->size_bytes > cursor.offset) {
      ICEFALL_ASSIGN_OR_RETURN(const SegmentEnd end,
                               ReadSegment(cursor, info->size_bytes, mode, visit));
      if (end.stopped) return {};
    }
    const Sequence next = cursor.sequence.Next();
    if (next == cursor.segment) return {};  // an empty segment waits for its first line
    if (auto found = store_.Stat(SegmentKey(directory_, next)); !found) {
      if (found.error().code() == ErrorCode::kNotFound) return {};
      return Fail(std::move(found).error());
    }
    cursor.segment = next;
    cursor.offset = 0;
  }
}

Result<LineReader::SegmentEnd> LineReader::ReadSegment(LogCursor& cursor, uint64_t size_bytes,
                                                       const ReadMode& mode,
                                                       const LineVisitor& visit) const {
  const ObjectKey key = SegmentKey(directory_, cursor.segment);
  ICEFALL_ASSIGN_OR_RETURN(const std::string bytes,
                           store_.Read(key, cursor.offset, size_bytes - cursor.offset));
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) return SegmentEnd{.stopped = true};
    ICEFALL_ASSIGN_OR_RETURN(VerifiedLine verified, Verify(cursor, rest.substr(0, newline)));
    if (verified.line.database_sequence > mode.limit) return SegmentEnd{.stopped = true};
    const bool is_followed = rest.find('\n', newline + 1) != std::string_view::npos;
    const auto aborted = IsAborted(verified.line, mode, is_followed);
    if (!aborted) return Fail(aborted.error().WithContext(Where(cursor)));
    if (!*aborted) return SegmentEnd{.stopped = true};
    verified.aborted = **aborted;
    const LogCursor after = verified.after;
    ICEFALL_ASSIGN_OR_RETURN(const bool go_on, visit(std::move(verified)));
    cursor = after;
    if (!go_on) return SegmentEnd{.stopped = true};
    rest.remove_prefix(newline + 1);
  }
  return SegmentEnd{};
}

std::string LineReader::Where(const LogCursor& cursor) const {
  const Sequence expected = cursor.sequence.Next();
  return fmt::format("{}: line {} (sequence {})", SegmentKey(directory_, cursor.segment),
                     expected.value - cursor.segment.value + 1, expected.value);
}

Result<VerifiedLine> LineReader::Verify(const LogCursor& cursor, std::string_view text) const {
  const Sequence expected = cursor.sequence.Next();
  auto decoded = DecodeLine(text);
  if (!decoded) return Fail(decoded.error().WithContext(Where(cursor)));
  VerifiedLine verified;
  verified.line = *std::move(decoded);
  const CommitLine& line = verified.line;
  std::string problem;
  if (line.sequence != expected) {
    problem = fmt::format("expected this sequence, found {}", line.sequence.value);
  } else if (line.parent_hash != cursor.hash) {
    problem = fmt::format(
        "the hash chain is broken: the line before has hash '{}', this one "
        "expects '{}'",
        cursor.hash, line.parent_hash);
  } else if (line.database_sequence <= cursor.database_sequence) {
    problem = fmt::format("expected a database sequence above {}, found {}",
                          cursor.database_sequence.value, line.database_sequence.value);
  } else if (line.committed_at <= cursor.committed_at && cursor.sequence.value != 0) {
    problem = fmt::format("expected a time after {}, found {}",
                          FormatTimestamp(cursor.committed_at), FormatTimestamp(line.committed_at));
  }
  if (!problem.empty()) {
    return Fail(ErrorCode::kCorruption, fmt::format("{}: {}", Where(cursor), problem));
  }
  verified.size_bytes = text.size() + 1;
  verified.after = {cursor.segment,         cursor.offset + verified.size_bytes,
                    line.sequence,          line.hash,
                    line.database_sequence, line.committed_at};
  return verified;
}

Result<std::optional<bool>> LineReader::IsAborted(const CommitLine& line, const ReadMode& mode,
                                                  bool is_followed) const {
  if (!line.transaction) return false;
  const std::string& id = line.transaction->id;
  if (mode.may_commit && !is_followed) {
    ICEFALL_ASSIGN_OR_RETURN(const auto settled, outcomes_.Settle(id));
    return settled == TransactionOutcome::kAborted;
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto found, outcomes_.Find(id));
  if (!found && is_followed) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("{} is missing, which says whether the commit counts; others follow it",
                            TransactionKey(id)));
  }
  if (!found) return std::optional<bool>();
  return *found == TransactionOutcome::kAborted;
}

}  // namespace icefall
