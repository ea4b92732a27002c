#include "log/icefall/line_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "log/icefall/file_names.h"

namespace icefall {

namespace {

// So many segments are read at once, and held.
constexpr size_t kBatchSize = 64;
constexpr size_t kParallelReadsMax = 8;

Error Shrank(const ObjectKey& key, const LogCursor& cursor, uint64_t size_bytes) {
  return Error(ErrorCode::kCorruption,
               fmt::format("{}: expected at least {} bytes, which held commits up to sequence "
                           "{}, found {}: it shrank",
                           key, cursor.offset, cursor.sequence.value, size_bytes));
}

}  // namespace

Result<void> LineReader::Read(LogCursor& cursor, const ReadMode& mode,
                              const LineVisitor& visit) const {
  return store_.capabilities().append ? ReadGrowing(cursor, mode, visit)
                                      : ReadListed(cursor, mode, visit);
}

Result<void> LineReader::ReadGrowing(LogCursor& cursor, const ReadMode& mode,
                                     const LineVisitor& visit) const {
  while (true) {
    const ObjectKey key = SegmentKey(directory_, cursor.segment);
    auto info = store_.Stat(key);
    if (!info) {
      // A log without lines has no segment yet.
      if (info.error().code() == ErrorCode::kNotFound && cursor.sequence.value == 0) return {};
      return Fail(std::move(info).error());
    }
    if (info->size_bytes < cursor.offset) return Fail(Shrank(key, cursor, info->size_bytes));
    if (info->size_bytes > cursor.offset) {
      ICEFALL_ASSIGN_OR_RETURN(const std::string bytes,
                               store_.Read(key, cursor.offset, info->size_bytes - cursor.offset));
      ICEFALL_ASSIGN_OR_RETURN(const LinesEnd end, VisitLines(cursor, bytes, mode, visit));
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

Result<void> LineReader::ReadListed(LogCursor& cursor, const ReadMode& mode,
                                    const LineVisitor& visit) const {
  std::vector<ObjectInfo> segments;
  ListRequest request{.prefix = SegmentPrefix(directory_), .shallow = true};
  if (cursor.segment.value > 1) {
    request.start_after = SegmentKey(directory_, Sequence(cursor.segment.value - 1));
  }
  ICEFALL_ASSIGN_OR_RETURN(auto listed, store_.List(request));
  for (ObjectInfo& info : listed) {
    if (ParseSegmentKey(info.key)) segments.push_back(std::move(info));
  }
  const ObjectKey first = SegmentKey(directory_, cursor.segment);
  if (segments.empty() || segments.front().key != first) {
    if (cursor.sequence.value == 0) return {};  // a log without lines has no segment yet
    return Fail(ErrorCode::kNotFound, fmt::format("{}: no such object", first));
  }
  if (segments.front().size_bytes < cursor.offset) {
    return Fail(Shrank(first, cursor, segments.front().size_bytes));
  }
  for (size_t begin = 0; begin < segments.size(); begin += kBatchSize) {
    const auto batch =
        std::span(segments).subspan(begin, std::min(kBatchSize, segments.size() - begin));
    ICEFALL_ASSIGN_OR_RETURN(const auto texts, ReadAll(batch, begin == 0 ? cursor.offset : 0));
    for (size_t i = 0; i < batch.size(); ++i) {
      if (begin + i > 0) {
        const Sequence segment = *ParseSegmentKey(batch[i].key);
        if (segment != cursor.sequence.Next()) return {};
        cursor.segment = segment;
        cursor.offset = 0;
      }
      ICEFALL_ASSIGN_OR_RETURN(const LinesEnd end, VisitLines(cursor, texts[i], mode, visit));
      if (end.stopped) return {};
    }
  }
  return {};
}

Result<std::vector<std::string>> LineReader::ReadAll(std::span<const ObjectInfo> segments,
                                                     uint64_t first_offset) const {
  std::vector<std::string> texts(segments.size());
  ICEFALL_RETURN_IF_ERROR(
      ForEachInParallel(segments.size(), kParallelReadsMax, [&](size_t i) -> Result<void> {
        const uint64_t offset = i == 0 ? first_offset : 0;
        const uint64_t size_bytes = segments[i].size_bytes - offset;
        if (size_bytes == 0) return {};
        ICEFALL_ASSIGN_OR_RETURN(texts[i], store_.Read(segments[i].key, offset, size_bytes));
        return {};
      }));
  return texts;
}

Result<LineReader::LinesEnd> LineReader::VisitLines(LogCursor& cursor, std::string_view rest,
                                                    const ReadMode& mode,
                                                    const LineVisitor& visit) const {
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) return LinesEnd{.stopped = true};
    ICEFALL_ASSIGN_OR_RETURN(VerifiedLine verified, Verify(cursor, rest.substr(0, newline)));
    if (verified.line.database_sequence > mode.limit) return LinesEnd{.stopped = true};
    const bool is_followed = rest.size() > newline + 1;
    const auto outcome = OutcomeOf(verified.line, mode, is_followed);
    if (!outcome) return Fail(outcome.error().WithContext(Where(cursor)));
    if (!*outcome) return LinesEnd{.stopped = true};
    verified.aborted = *outcome == TransactionOutcome::kAborted;
    const LogCursor after = verified.after;
    ICEFALL_ASSIGN_OR_RETURN(const bool go_on, visit(std::move(verified)));
    cursor = after;
    if (!go_on) return LinesEnd{.stopped = true};
    rest.remove_prefix(newline + 1);
  }
  return LinesEnd{};
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

Result<std::optional<TransactionOutcome>> LineReader::OutcomeOf(const CommitLine& line,
                                                                const ReadMode& mode,
                                                                bool is_followed) const {
  if (!line.transaction || mode.ignores_outcomes) return TransactionOutcome::kCommitted;
  ICEFALL_ASSIGN_OR_RETURN(const auto found, outcomes_.Find(line.transaction->id));
  return found ? Result<std::optional<TransactionOutcome>>(found)
               : OutcomeWithoutFile(line, mode, is_followed);
}

Result<std::optional<TransactionOutcome>> LineReader::OutcomeWithoutFile(const CommitLine& line,
                                                                         const ReadMode& mode,
                                                                         bool is_followed) const {
  const TransactionMark& mark = *line.transaction;
  const auto settle = [&]() -> Result<std::optional<TransactionOutcome>> {
    return outcomes_.Settle(mark.id);
  };
  OutcomeTrace trace;
  // Of many lost ones in a row the judge reads each log once.
  if (!is_followed || !mode.judge) {
    ICEFALL_ASSIGN_OR_RETURN(trace, TraceOutcome(store_, mark));
  }
  ICEFALL_ASSIGN_OR_RETURN(const std::string loss, DescribeLoss(line, mode, trace, is_followed));
  if (loss.empty()) {
    if (mode.may_commit) return settle();
    return std::optional<TransactionOutcome>();
  }
  // Its writer may have been running, and have gone on meanwhile.
  ICEFALL_ASSIGN_OR_RETURN(const auto found, outcomes_.Find(mark.id));
  if (found) return found;
  const std::string lost = fmt::format(
      "{} is missing, which says whether the commit counts that changed {}; it was there: {}",
      TransactionKey(mark.id), DescribeParticipants(mark), loss);
  if (mode.judge) {
    ICEFALL_ASSIGN_OR_RETURN(const auto proven, mode.judge(line, lost));
    if (proven) return proven;
  } else if (trace.replaced_in) {
    if (mode.may_commit && !is_followed) return settle();
    return TransactionOutcome::kAborted;
  }
  return Fail(ErrorCode::kCorruption, lost);
}

Result<std::string> LineReader::DescribeLoss(const CommitLine& line, const ReadMode& mode,
                                             const OutcomeTrace& trace, bool is_followed) const {
  if (is_followed) return directory_ + " goes on behind it";
  if (!trace.followed_by.empty()) return trace.followed_by;
  if (trace.replaced_in) return *trace.replaced_in + " has another commit in its place";
  if (!mode.settled) return std::string();
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence settled, mode.settled());
  if (line.database_sequence > settled) return std::string();
  return fmt::format("the database went on after its commit {}", line.database_sequence.value);
}

}  // namespace icefall
