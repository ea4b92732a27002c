#include "maintenance/check_log.h"

#include <map>

#include <fmt/format.h>

#include "log/icefall/file_names.h"
#include "log/icefall/line_reader.h"
#include "log/icefall/manifest.h"
#include "log/icefall/table_codec.h"
#include "maintenance/snapshot_difference.h"

namespace icefall {

namespace {

class LogCheck {
 public:
  LogCheck(ObjectStore& store, Clock& clock, const CatalogObject& table, CheckReport& report)
      : store_(store),
        directory_(table.directory),
        outcomes_(store),
        codec_(store, clock, table.directory, table.uuid),
        report_(report) {}

  LogFacts Run() {
    ReadManifests();
    LogCursor cursor;
    if (!StartAt(cursor)) return std::move(facts_);
    const LineReader reader(store_, directory_, outcomes_);
    const auto read = reader.Read(cursor, ReadMode(),
                                  [this](VerifiedLine line) { return Visit(std::move(line)); });
    if (!read.has_value()) {
      report_.Add(Severity::kError, "LogDamaged", read.error().message());
    }
    return std::move(facts_);
  }

 private:
  void ReadManifests() {
    const auto listed = ListManifests(store_, directory_);
    if (!listed.has_value()) {
      report_.Add(Severity::kError, "ManifestDamaged", listed.error().message());
      return;
    }
    for (const Sequence sequence : *listed) {
      auto loaded = ReadManifest(store_, directory_, sequence, TableCodec::kKind);
      Result<SnapshotPointer> state = nullptr;
      if (loaded.has_value()) state = codec_.Decode(loaded->manifest);
      if (!loaded.has_value() || !state.has_value()) {
        report_.Add(Severity::kError, "ManifestDamaged",
                    loaded.has_value() ? state.error().message() : loaded.error().message());
        continue;
      }
      manifests_[sequence] = {*state, loaded->manifest.cursor};
    }
  }

  // At the first line, or behind the oldest manifest when older segments were removed. False when
  // there is nothing to start from.
  bool StartAt(LogCursor& cursor) {
    const auto first = store_.Stat(SegmentKey(directory_, Sequence(1)));
    if (first.has_value()) return true;
    if (manifests_.empty()) {
      report_.Add(Severity::kError, "LogDamaged",
                  fmt::format("{}: there is neither a first segment nor a manifest ({})",
                              directory_, first.error().message()));
      return false;
    }
    const auto& [state, start] = manifests_.begin()->second;
    facts_.current = state;
    RememberPaths(*state);
    cursor = start;
    return true;
  }

  Result<bool> Visit(VerifiedLine line) {
    ICEFALL_ASSIGN_OR_RETURN(const auto step, codec_.Apply(facts_.current.get(), line));
    facts_.current = step.state;
    if (step.change) {
      for (const auto& fragment : step.change->added_fragments) {
        facts_.data_paths.insert(fragment->path);
      }
    }
    const auto manifest = manifests_.find(line.line.sequence);
    if (manifest == manifests_.end()) return true;
    const std::string difference = DescribeDifference(*facts_.current, *manifest->second.first);
    if (!difference.empty()) {
      report_.Add(Severity::kError, "ManifestDiffers",
                  fmt::format("{}: the manifest of sequence {} is not what its log leads to: {}",
                              directory_, line.line.sequence.value, difference));
    }
    return true;
  }

  void RememberPaths(const Snapshot& snapshot) {
    snapshot.fragments.ForEach(
        [&](const FragmentPointer& fragment) { facts_.data_paths.insert(fragment->path); });
  }

  ObjectStore& store_;
  const std::string directory_;
  TransactionOutcomes outcomes_;
  TableCodec codec_;
  CheckReport& report_;
  std::map<Sequence, std::pair<SnapshotPointer, LogCursor>> manifests_;
  LogFacts facts_;
};

}  // namespace

LogFacts CheckLog(ObjectStore& store, Clock& clock, const CatalogObject& table,
                  CheckReport& report) {
  return LogCheck(store, clock, table, report).Run();
}

}  // namespace icefall
