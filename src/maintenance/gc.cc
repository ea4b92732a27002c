#include "maintenance/gc.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "log/icefall/file_names.h"
#include "log/icefall/manifest.h"
#include "maintenance/gc_dropped.h"
#include "maintenance/named_files.h"

namespace icefall {
namespace {

using History = std::vector<CommitSummary>;

// Of files that are deleted between two looks at whether to go on.
constexpr size_t kBatchSize = 1000;

class Collection {
 public:
  Collection(Database& database, Clock& clock, const GcOptions& options)
      : database_(database), store_(database.store()), options_(options), now_(clock.NowMicros()) {}

  Result<GcReport> Run(const ObjectName& table) {
    ICEFALL_RETURN_IF_ERROR(FindTable(table));
    // The order of these is what makes it safe, see the header.
    ICEFALL_ASSIGN_OR_RETURN(auto files, ListFiles());
    ICEFALL_ASSIGN_OR_RETURN(const History history, database_.History(uuid_));
    ICEFALL_ASSIGN_OR_RETURN(running_, database_.Running());
    ICEFALL_RETURN_IF_ERROR(GoOn(options_, 0, 0));
    const Sequence oldest = OldestRetained(history);
    const bool raises = oldest > history.front().sequence;
    if (raises && !options_.dry_run) {
      ICEFALL_RETURN_IF_ERROR(database_.KeepFrom(uuid_, oldest));
    }
    // While nothing was ever forgotten, every line is needed.
    ICEFALL_ASSIGN_OR_RETURN(const auto kept, OldestKept(store_, directory_));
    if (kept && !options_.dry_run) {
      ICEFALL_ASSIGN_OR_RETURN(const bool is_read, IsReadBefore(*kept, history));
      if (is_read) return std::move(report_);
    }
    const Sequence known = raises && options_.dry_run ? oldest : kept.value_or(Sequence());
    ICEFALL_ASSIGN_OR_RETURN(NamedFiles named, FindNamedFiles(store_, directory_, known));
    if (options_.dry_run) ICEFALL_RETURN_IF_ERROR(AddStateOf(oldest, named.needed));
    std::erase_if(files, [&](const ObjectInfo& file) { return IsKept(file, named); });
    ICEFALL_RETURN_IF_ERROR(AddManifests(oldest, files));
    ICEFALL_RETURN_IF_ERROR(Delete(files));
    if (!options_.dry_run) ICEFALL_RETURN_IF_ERROR(DeleteLeftovers());
    return std::move(report_);
  }

 private:
  Result<void> FindTable(const ObjectName& table) {
    ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database_.Begin());
    ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
    const auto object = catalog->Find(ObjectKind::kTable, table);
    if (!object) {
      return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));
    }
    uuid_ = object->uuid;
    directory_ = object->directory;
    // Its own view of the database is no reason to keep anything.
    transaction->Rollback();
    return {};
  }

  Result<std::vector<ObjectInfo>> ListFiles() {
    std::vector<ObjectInfo> files;
    for (const char* folder : {"data", "deletes", "indexes"}) {
      ICEFALL_ASSIGN_OR_RETURN(auto listed,
                               store_.List({.prefix = fmt::format("{}/{}/", directory_, folder)}));
      std::move(listed.begin(), listed.end(), std::back_inserter(files));
    }
    return files;
  }

  Sequence OldestRetained(const History& history) {
    const size_t count = history.size();
    size_t oldest = count - std::min<uint64_t>(count, options_.retain_snapshots);
    const auto keep = [&](auto&& has_to_stay) {
      for (size_t i = 0; i < oldest; ++i) {
        if (has_to_stay(i)) oldest = i;
      }
    };
    if (options_.retain_micros.has_value()) {
      keep([&](size_t i) { return history[i].committed_at >= now_ - *options_.retain_micros; });
    }
    // What a reader sees is the last commit up to its pin.
    if (running_.pin.has_value()) {
      keep([&](size_t i) { return history[i + 1].database_sequence > *running_.pin; });
    }
    // Without locks nobody knows who reads: whoever began within the safe age may see what was
    // replaced since then.
    if (!store_.capabilities().append) {
      keep(
          [&](size_t i) { return history[i + 1].committed_at >= now_ - options_.safe_age_micros; });
    }
    for (size_t i = count; i > oldest; --i) report_.retained.push_back(history[i - 1].sequence);
    return history[oldest].sequence;
  }

  // Who pins the past from now on sees the mark; who did it before the mark was there may read what
  // the mark gave up.
  Result<bool> IsReadBefore(Sequence mark, const History& history) {
    ICEFALL_ASSIGN_OR_RETURN(const OldestRunning now, database_.Running());
    if (!now.pin) return false;
    const auto oldest = std::ranges::find(history, mark, &CommitSummary::sequence);
    return oldest == history.end() || *now.pin < oldest->database_sequence;
  }

  // A dry run writes no manifest: the files of the state are asked for, and deletion files, whose
  // names only a manifest knows, are left out.
  Result<void> AddStateOf(Sequence oldest, FileUuids& needed) {
    ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer state, database_.TableAt(uuid_, oldest));
    state->fragments.ForEach([&](const FragmentPointer& fragment) {
      if (const auto uuid = UuidOfFile(fragment->path)) needed.Add(*uuid);
    });
    needed.Sort();
    return {};
  }

  bool IsKept(const ObjectInfo& file, const NamedFiles& named) const {
    const auto uuid = UuidOfFile(file.key);
    if (!uuid || named.needed.Contains(*uuid)) return true;
    if (options_.dry_run && file.key.ends_with(".dv")) return true;
    if (named.former.Contains(*uuid)) return false;
    const TimestampMicros age = now_ - std::max(CreatedAt(*uuid), file.modified_at);
    if (age < options_.safe_age_micros) return true;
    constexpr TimestampMicros kMillisecond = 1000;
    return running_.begin.has_value() && CreatedAt(*uuid) + kMillisecond > *running_.begin;
  }

  Result<void> AddManifests(Sequence oldest, std::vector<ObjectInfo>& files) {
    ICEFALL_ASSIGN_OR_RETURN(const auto manifests,
                             store_.List({.prefix = ManifestPrefix(directory_), .shallow = true}));
    for (const ObjectInfo& manifest : manifests) {
      const auto sequence = ParseManifestKey(manifest.key);
      if (sequence && *sequence < oldest) files.push_back(manifest);
    }
    return {};
  }

  Result<void> Delete(const std::vector<ObjectInfo>& files) {
    for (size_t begin = 0; begin < files.size(); begin += kBatchSize) {
      ICEFALL_RETURN_IF_ERROR(GoOn(options_, begin, files.size()));
      std::vector<ObjectKey> keys;
      for (size_t i = begin; i < std::min(begin + kBatchSize, files.size()); ++i) {
        keys.push_back(files[i].key);
        report_.deleted_bytes += files[i].size_bytes;
      }
      report_.deleted_files += keys.size();
      if (options_.dry_run) continue;
      ICEFALL_RETURN_IF_ERROR(store_.DeleteMany(keys));
      if (options_.deleted) std::ranges::for_each(keys, options_.deleted);
    }
    return {};
  }

  // Marks that a later one stands for, and what Puts that were stopped left.
  Result<void> DeleteLeftovers() {
    ICEFALL_ASSIGN_OR_RETURN(const auto kept, OldestKept(store_, directory_));
    ICEFALL_ASSIGN_OR_RETURN(const auto marks,
                             store_.List({.prefix = OldestPrefix(directory_), .shallow = true}));
    for (const ObjectInfo& mark : marks) {
      const auto sequence = ParseOldestKey(mark.key);
      if (sequence && *sequence < *kept) ICEFALL_RETURN_IF_ERROR(store_.Delete(mark.key));
    }
    ICEFALL_RETURN_IF_ERROR(store_.RemoveAbandoned(now_ - GcOptions::kSafeAgeMicros));
    return {};
  }

  Database& database_;
  ObjectStore& store_;
  const GcOptions& options_;
  const TimestampMicros now_;
  std::string uuid_;
  std::string directory_;
  OldestRunning running_;
  GcReport report_;
};

}  // namespace

Result<void> GoOn(const GcOptions& options, uint64_t deleted, uint64_t total) {
  if (!options.goes_on || options.goes_on(deleted, total)) return {};
  return Fail(ErrorCode::kUnavailable, "interrupted");
}

Result<GcReport> CollectGarbage(Database& database, Clock& clock, const ObjectName& table,
                                const GcOptions& options) {
  if (options.retain_snapshots == 0) {
    return Fail(ErrorCode::kInvalidArgument, "expected at least 1 snapshot to retain, found 0");
  }
  if (database.read_only() && !options.dry_run) {
    return Fail(ErrorCode::kPermissionDenied,
                fmt::format("database {}: opened read-only", database.location()));
  }
  auto report = Collection(database, clock, options).Run(table);
  if (!report && report.error().code() != ErrorCode::kNotFound) return report;
  GcReport of_dropped;
  ICEFALL_ASSIGN_OR_RETURN(const bool was_dropped,
                           CollectDropped(database, clock, table, options, of_dropped));
  if (!report) return was_dropped ? Result<GcReport>(std::move(of_dropped)) : report;
  report->deleted_files += of_dropped.deleted_files;
  report->deleted_bytes += of_dropped.deleted_bytes;
  return report;
}

}  // namespace icefall
