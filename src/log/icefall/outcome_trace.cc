#include "log/icefall/outcome_trace.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "log/icefall/commit_line.h"
#include "log/icefall/file_names.h"

namespace icefall {
namespace {

// From the beginning of line `index` (from 0); empty where there are not so many.
std::string_view FromLine(std::string_view text, uint64_t index) {
  for (; index > 0; --index) {
    const size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  return text;
}

// Looks at one log.
class ParticipantTrace {
 public:
  ParticipantTrace(ObjectStore& store, const TransactionMark& mark,
                   const TransactionMark::Participant& participant, OutcomeTrace& trace)
      : store_(store), mark_(mark), participant_(participant), trace_(trace) {}

  Result<void> Run() {
    const auto valid = ValidateKey(SegmentKey(participant_.log, participant_.sequence));
    if (!valid || participant_.sequence.value == 0) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("transaction {}: there is no log '{}' with sequence {}", mark_.id,
                              participant_.log, participant_.sequence.value));
    }
    ICEFALL_RETURN_IF_ERROR(LookAtManifests());
    return LookAtSegments();
  }

 private:
  Result<void> LookAtManifests() {
    const Sequence before(participant_.sequence.value - 1);
    ICEFALL_ASSIGN_OR_RETURN(const auto listed,
                             store_.List({.prefix = ManifestPrefix(participant_.log),
                                          .start_after = ManifestKey(participant_.log, before),
                                          .shallow = true}));
    for (const ObjectInfo& info : listed) {
      if (ParseManifestKey(info.key)) trace_.followed_by = info.key + " is of a later state";
    }
    return {};
  }

  Result<void> LookAtSegments() {
    ICEFALL_ASSIGN_OR_RETURN(
        const auto listed,
        store_.List({.prefix = SegmentPrefix(participant_.log), .shallow = true}));
    std::optional<Sequence> holder;  // of the segment that has the line
    for (const ObjectInfo& info : listed) {
      const auto first = ParseSegmentKey(info.key);
      if (!first) continue;
      if (*first <= participant_.sequence) {
        holder = *first;
      } else if (info.size_bytes > 0) {
        trace_.followed_by = info.key + " is behind it";
      }
    }
    if (holder) return LookAtLine(*holder);
    trace_.followed_by =
        fmt::format("{} does not have that part of its log any more", participant_.log);
    return {};
  }

  Result<void> LookAtLine(Sequence segment) {
    const ObjectKey key = SegmentKey(participant_.log, segment);
    ICEFALL_ASSIGN_OR_RETURN(const std::string text, store_.ReadToEnd(key, 0));
    const auto rest = FromLine(text, participant_.sequence.value - segment.value);
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) return {};
    const auto line = DecodeLine(rest.substr(0, newline));
    if (line && line->sequence == participant_.sequence &&
        (!line->transaction || line->transaction->id != mark_.id)) {
      trace_.replaced_in = key;
    }
    if (rest.size() > newline + 1) trace_.followed_by = key + " goes on behind it";
    return {};
  }

  ObjectStore& store_;
  const TransactionMark& mark_;
  const TransactionMark::Participant& participant_;
  OutcomeTrace& trace_;
};

}  // namespace

Result<OutcomeTrace> TraceOutcome(ObjectStore& store, const TransactionMark& mark) {
  OutcomeTrace trace;
  for (const TransactionMark::Participant& participant : mark.participants) {
    ICEFALL_RETURN_IF_ERROR(ParticipantTrace(store, mark, participant, trace).Run());
  }
  return trace;
}

std::string DescribeParticipants(const TransactionMark& mark) {
  std::string text;
  for (const TransactionMark::Participant& participant : mark.participants) {
    if (!text.empty()) text += " and ";
    text += fmt::format("{} (sequence {})", participant.log, participant.sequence.value);
  }
  return text;
}

Result<DatabaseSequence> NewestLine(ObjectStore& store, const std::string& directory) {
  ICEFALL_ASSIGN_OR_RETURN(auto listed,
                           store.List({.prefix = SegmentPrefix(directory), .shallow = true}));
  DatabaseSequence newest;
  for (; newest.value == 0 && !listed.empty(); listed.pop_back()) {
    if (listed.back().size_bytes == 0 || !ParseSegmentKey(listed.back().key)) continue;
    const auto text = store.ReadToEnd(listed.back().key, 0);
    if (!text && !IsDamage(text.error().code())) return Fail(text.error());
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    // From the end: what is behind the last newline is no line.
    rest = rest.substr(0, rest.rfind('\n') + 1);
    while (newest.value == 0 && !rest.empty()) {
      rest.remove_suffix(1);
      const size_t begin = rest.rfind('\n') + 1;
      const auto line = DecodeLine(rest.substr(begin));
      if (line) newest = line->database_sequence;
      rest = rest.substr(0, begin);
    }
  }
  return newest;
}

}  // namespace icefall
