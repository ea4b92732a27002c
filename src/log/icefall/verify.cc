#include "log/icefall/verify.h"

#include <algorithm>

namespace icefall {

bool LogReport::has_errors() const {
  return std::ranges::any_of(findings,
                             [](const Finding& f) { return f.severity == Severity::kError; });
}

void LogReport::Add(Severity severity, std::string code, std::string message) {
  findings.push_back({severity, std::move(code), std::move(message)});
}

namespace {

// "insert (inserted_rows 3)"
std::string DescribeLine(const CommitLine& line) {
  std::string text;
  for (const auto& [name, value] : line.summary) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  }
  return text.empty() ? line.operation : fmt::format("{} ({})", line.operation, text);
}

}  // namespace

ReadMode VerifyMode(const VerifyContext& context, const std::string& directory, LogReport& report) {
  ReadMode mode{.settled = context.settled};
  mode.judge = [&](const CommitLine& line,
                   const std::string& lost) -> Result<std::optional<TransactionOutcome>> {
    VerifyContext::Proof proof;
    if (context.prove) {
      ICEFALL_ASSIGN_OR_RETURN(proof, context.prove(*line.transaction));
    }
    report.lost_outcomes.push_back({line.transaction->id, proof.outcome});
    report.Add(Severity::kError, proof.outcome ? "OutcomeMissing" : "OutcomeLost",
               fmt::format("{}. Of {}: {}. {}", lost, directory, DescribeLine(line), proof.text));
    return proof.outcome;
  };
  return mode;
}

Result<LogFiles> ListLogFiles(ObjectStore& store, const std::string& directory, LogReport& report) {
  LogFiles files;
  const auto list = [&](const std::string& prefix, auto parse,
                        std::vector<Sequence>& into) -> Result<void> {
    ICEFALL_ASSIGN_OR_RETURN(const auto listed, store.List({.prefix = prefix}));
    for (const ObjectInfo& info : listed) {
      if (const auto sequence = parse(info.key)) {
        into.push_back(*sequence);
      } else {
        report.Add(Severity::kInfo, "UnknownFile",
                   fmt::format("{}: no file of a log has such a name", info.key));
      }
    }
    return {};
  };
  ICEFALL_RETURN_IF_ERROR(list(SegmentPrefix(directory), ParseSegmentKey, files.segments));
  ICEFALL_RETURN_IF_ERROR(list(ManifestPrefix(directory), ParseManifestKey, files.manifests));
  return files;
}

Result<void> CheckLogEnd(ObjectStore& store, const std::string& directory, const LogFiles& files,
                         const LogCursor& cursor, LogReport& report) {
  const ObjectKey key = SegmentKey(directory, cursor.segment);
  const auto info = store.Stat(key);
  if (!info) {
    report.Add(Severity::kError, "LogMissing", info.error().message());
    return {};
  }
  if (info->size_bytes > cursor.offset) {
    ICEFALL_ASSIGN_OR_RETURN(const std::string rest, store.ReadToEnd(key, cursor.offset));
    const bool is_line = rest.find('\n') != std::string::npos;
    report.Add(Severity::kInfo, is_line ? "UnsettledTransaction" : "TornTail",
               fmt::format("{}: {} bytes from {} on that never happened; the next writer settles "
                           "them",
                           key, rest.size(), cursor.offset));
  }
  for (const Sequence segment : files.segments) {
    if (segment <= cursor.segment) continue;
    report.Add(Severity::kError, "SegmentUnreached",
               fmt::format("{}: the lines before it end at sequence {}",
                           SegmentKey(directory, segment), cursor.sequence.value));
  }
  for (const Sequence manifest : files.manifests) {
    if (manifest <= cursor.sequence) continue;
    report.Add(Severity::kError, "ManifestUnreached",
               fmt::format("{}: the lines end at sequence {}", ManifestKey(directory, manifest),
                           cursor.sequence.value));
  }
  return {};
}

}  // namespace icefall
