// Walks a whole log, trusts nothing, and reports everything that is wrong with it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/finding.h"
#include "log/icefall/file_names.h"
#include "log/icefall/manifest.h"
#include "log/icefall/table_codec.h"

namespace icefall {

// A transaction in a log whose outcome was lost.
struct LostOutcome {
  std::string id;
  std::optional<TransactionOutcome> proven;  // absent: it cannot be known
};

struct LogReport {
  std::vector<Finding> findings;  // codes: see docs/format/log.md
  uint64_t commits = 0;           // lines verified
  uint64_t manifests = 0;
  LogCursor newest;                   // behind the last line that could be replayed
  uint64_t bytes_since_manifest = 0;  // of lines behind the newest good manifest
  // Damaged, or another state than the lines up to them lead to.
  std::vector<Sequence> bad_manifests;
  // The last one may be without proof; it ends the verification.
  std::vector<LostOutcome> lost_outcomes;

  bool has_errors() const;
  bool ends_at_lost_outcome() const {
    return !lost_outcomes.empty() && !lost_outcomes.back().proven;
  }
  void Add(Severity severity, std::string code, std::string message);
};

// What is known besides the log.
struct VerifyContext {
  struct Proof {
    std::optional<TransactionOutcome> outcome;
    std::string text;  // why, or why not
  };
  SettledUntil settled;
  // Of a lost outcome. Null: nothing is proven.
  std::function<Result<Proof>(const TransactionMark&)> prove;
};

// The files of a log.
struct LogFiles {
  std::vector<Sequence> segments;   // first sequences, ascending
  std::vector<Sequence> manifests;  // ascending
};

// Lists the log's files; what does not belong there is reported.
Result<LogFiles> ListLogFiles(ObjectStore& store, const std::string& directory, LogReport& report);

// Reports bytes behind `cursor`, segments that were not reached, and the like.
Result<void> CheckLogEnd(ObjectStore& store, const std::string& directory, const LogFiles& files,
                         const LogCursor& cursor, LogReport& report);

// Where verification starts: the first segment, or else the oldest manifest that can be read and is
// of a state that is kept.
template <typename Codec>
struct VerifyStart {
  LogCursor cursor;
  std::shared_ptr<const typename Codec::State> state;
};

template <typename Codec>
std::optional<VerifyStart<Codec>> FindVerifyStart(ObjectStore& store, const std::string& directory,
                                                  const LogFiles& files, Codec& codec,
                                                  LogReport& report) {
  // What older lines lead to may need files that are gone.
  const auto kept = OldestKept(store, directory).value_or(std::nullopt);
  if (!kept && !files.segments.empty() && files.segments.front() == Sequence(1)) {
    return VerifyStart<Codec>{};
  }
  for (const Sequence sequence : files.manifests) {
    if (kept && sequence < *kept) continue;
    const auto loaded = ReadManifest(store, directory, sequence, Codec::kKind);
    const auto state =
        loaded ? codec.Decode(loaded->manifest)
               : Result<std::shared_ptr<const typename Codec::State>>(Fail(loaded.error()));
    if (state) return VerifyStart<Codec>{loaded->manifest.cursor, *state};
    report.Add(Severity::kError, "LogDamaged",
               fmt::format("{}; the lines before it are not there", state.error().message()));
  }
  report.Add(
      Severity::kError, "LogMissing",
      fmt::format("{}: neither the first segment nor a manifest that can be read", directory));
  return std::nullopt;
}

// Compares the manifest of the state that was replayed to this cursor.
template <typename Codec>
void VerifyManifest(ObjectStore& store, const std::string& directory, Codec& codec,
                    const LogCursor& cursor, const typename Codec::State& replayed,
                    LogReport& report) {
  const std::string key = ManifestKey(directory, cursor.sequence);
  const auto damaged = [&](const std::string& why) {
    report.bad_manifests.push_back(cursor.sequence);
    report.Add(Severity::kError, "ManifestDamaged", why);
  };
  const auto differs = [&](std::string_view what) -> void {
    report.bad_manifests.push_back(cursor.sequence);
    report.Add(Severity::kError, "ManifestDiffers",
               fmt::format("{}: {} than the lines up to it lead to", key, what));
  };
  ++report.manifests;
  auto loaded = ReadManifest(store, directory, cursor.sequence, Codec::kKind);
  if (!loaded) return damaged(loaded.error().message());
  const LogCursor& stated = loaded->manifest.cursor;
  if (stated.hash != cursor.hash || stated.segment != cursor.segment ||
      stated.offset != cursor.offset) {
    return differs("names another place or hash");
  }
  const auto state = codec.Decode(loaded->manifest);
  if (!state) return damaged(fmt::format("{}: {}", key, state.error().message()));
  if (!Codec::Same(**state, replayed)) return differs("holds another state");
  report.bytes_since_manifest = 0;
}

// How `context` reads a log into `report`.
ReadMode VerifyMode(const VerifyContext& context, const std::string& directory, LogReport& report);

struct VisitNothing {
  template <typename State, typename Change>
  void operator()(const std::shared_ptr<const State>&, const Change*, const LogCursor&) const {}
};

// Replays the log of a table or catalog line by line and checks every manifest on the way. `visit`
// sees every state with the change that led to it (null for one from a manifest) and its place.
// Answers findings; an error only when the store fails.
template <typename Codec, typename Visit = VisitNothing>
Result<LogReport> VerifyLog(ObjectStore& store, const std::string& directory, Codec codec,
                            const Visit& visit = {}, const VerifyContext& context = {}) {
  LogReport report;
  ICEFALL_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(store, directory, report));
  auto start = FindVerifyStart(store, directory, files, codec, report);
  if (!start) return report;
  TransactionOutcomes outcomes(store);
  const LineReader reader(store, directory, outcomes);
  size_t next_manifest = 0;
  const auto check_manifest = [&](const LogCursor& at) {
    while (next_manifest < files.manifests.size() && files.manifests[next_manifest] < at.sequence) {
      ++next_manifest;
    }
    if (next_manifest == files.manifests.size() || files.manifests[next_manifest] != at.sequence) {
      return;
    }
    VerifyManifest(store, directory, codec, at, *start->state, report);
  };
  LogCursor cursor = start->cursor;
  using Change = typename Codec::Change;
  if (start->state) {
    visit(start->state, static_cast<const Change*>(nullptr), cursor);
    check_manifest(cursor);
  }
  const ReadMode mode = VerifyMode(context, directory, report);
  auto read = reader.Read(cursor, mode, [&](VerifiedLine line) -> Result<bool> {
    ICEFALL_ASSIGN_OR_RETURN(auto step, codec.Apply(start->state.get(), line));
    start->state = step.state;
    visit(step.state, step.change.get(), line.after);
    ++report.commits;
    report.bytes_since_manifest += line.size_bytes;
    check_manifest(line.after);
    return true;
  });
  report.newest = cursor;
  if (!read) {
    const ErrorCode code = read.error().code();
    if (code != ErrorCode::kCorruption && code != ErrorCode::kNotFound) return Fail(read.error());
    if (report.ends_at_lost_outcome()) return report;
    // What Apply says does not know the line; the cursor does.
    report.Add(Severity::kError, "LogDamaged",
               fmt::format("{}: after sequence {}: {}", directory, cursor.sequence.value,
                           read.error().message()));
    return report;
  }
  ICEFALL_RETURN_IF_ERROR(CheckLogEnd(store, directory, files, cursor, report));
  return report;
}

}  // namespace icefall
