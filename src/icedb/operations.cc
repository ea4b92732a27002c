#include "icedb/operations.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace icefall::icedb {
namespace {

// So many inserts' log files are merged by a cleanup: below, reading them is cheap.
constexpr size_t kInsertLogCountMax = 64;

struct PartitionFiles {
  std::string name;
  std::vector<FileMarker> files;  // alive ones
};

// In the order in which partitions were first named.
std::vector<PartitionFiles> GroupAlive(const TableState& state, std::string_view prefix) {
  std::vector<PartitionFiles> groups;
  std::unordered_map<std::string, size_t> places;
  for (const StateFile& file : state.files()) {
    if (!file.marker.is_alive()) continue;
    std::string name = PartitionOf(prefix, file.marker.path);
    const auto [place, added] = places.emplace(name, groups.size());
    if (added) groups.push_back({std::move(name), {}});
    groups[place->second].files.push_back(file.marker);
  }
  return groups;
}

void Sort(std::vector<PartitionFiles>& groups, MergeOrder order) {
  const auto count = [](const PartitionFiles& group) { return group.files.size(); };
  switch (order) {
    case MergeOrder::kMostFiles:
      std::ranges::stable_sort(groups, std::greater(), count);
      break;
    case MergeOrder::kFewestFiles:
      std::ranges::stable_sort(groups, std::less(), count);
      break;
    case MergeOrder::kNameDescending:
      std::ranges::sort(groups, std::greater(), &PartitionFiles::name);
      break;
    case MergeOrder::kNameAscending:
      std::ranges::sort(groups, std::less(), &PartitionFiles::name);
      break;
  }
}

// Two or more files, or none.
std::vector<FileMarker> Choose(std::vector<FileMarker> files, const MergeOptions& options) {
  std::erase_if(files, [&options](const FileMarker& file) {
    return file.size_bytes >= options.size_bytes_max;
  });
  std::ranges::stable_sort(files, std::less(), &FileMarker::size_bytes);
  uint64_t bytes = 0;
  size_t count = 0;
  while (count < files.size()) {
    bytes += files[count++].size_bytes;
    if (bytes >= options.size_bytes_max || (count > 1 && count >= options.file_count_max)) break;
  }
  files.resize(count);
  if (count < 2) files.clear();
  return files;
}

bool IsSuperseded(const TableState& state, const ListedLog& log) {
  return state.tombstones().contains(log.key);
}

// A name that was taken for an operation that never came about. Whoever took it cannot commit any
// more once the cleanup that sees it has.
bool IsAbandoned(const ListedLog& log) {
  return log.name.merged && log.file != nullptr && log.file->files.empty() &&
         log.file->schema.empty() && log.file->tombstones.empty();
}

class Cleanup {
 public:
  Cleanup(const TableState& state, int64_t now_ms, int64_t age_ms_min)
      : state_(state), age_ms_min_(age_ms_min), expired_ms_(now_ms - age_ms_min) {}

  std::optional<MaintenanceDraft> Draft() {
    draft_.operation = "cleanup";
    ChooseLogs();
    const bool merges_inserts = inserts_.size() >= kInsertLogCountMax;
    if (HasExpiredData() || merged_.size() > 1 || merges_inserts) {
      Supersede(merged_);
      if (merges_inserts) Supersede(inserts_);
      ChooseData();
    } else if (draft_.deleted_logs.empty()) {
      return std::nullopt;
    } else {
      draft_.writes_log = !std::ranges::all_of(draft_.deleted_logs, [this](const auto& key) {
        return SaysNothing(*state_.FindLog(key));
      });
    }
    return std::move(draft_);
  }

 private:
  bool IsExpired(int64_t ms) const { return age_ms_min_ <= 0 || ms <= expired_ms_; }

  void ChooseLogs() {
    for (const ListedLog& log : state_.logs()) {
      const auto tombstone = state_.tombstones().find(log.key);
      if (tombstone != state_.tombstones().end()) {
        if (IsExpired(tombstone->second)) draft_.deleted_logs.insert(log.key);
      } else if (IsAbandoned(log)) {
        draft_.deleted_logs.insert(log.key);
      } else {
        (log.name.merged ? merged_ : inserts_).push_back(log.key);
      }
    }
  }

  // Nothing that others do not say.
  static bool SaysNothing(const ListedLog& log) { return log.file == nullptr || IsAbandoned(log); }

  void Supersede(const std::vector<std::string>& logs) {
    auto& to = age_ms_min_ <= 0 ? draft_.deleted_logs : draft_.superseded;
    to.insert(logs.begin(), logs.end());
  }

  bool HasExpiredData() const {
    return std::ranges::any_of(state_.files(), [this](const StateFile& file) {
      return !file.marker.is_alive() && IsExpired(*file.marker.tombstone_ms);
    });
  }

  void ChooseData() {
    for (const StateFile& file : state_.files()) {
      if (file.marker.is_alive() || !IsExpired(*file.marker.tombstone_ms)) continue;
      draft_.deleted_data.insert(file.marker.path);
      // Else its marker would stay where it is.
      const std::string& log = state_.logs()[file.log].key;
      if (!draft_.deleted_logs.contains(log)) draft_.superseded.insert(log);
    }
  }

  const TableState& state_;
  const int64_t age_ms_min_;
  const int64_t expired_ms_;
  MaintenanceDraft draft_;
  std::vector<std::string> merged_;   // not superseded
  std::vector<std::string> inserts_;  // likewise
};

}  // namespace

std::optional<MergePlan> PlanMerge(const TableState& state, std::string_view prefix,
                                   const MergeOptions& options) {
  auto groups = GroupAlive(state, prefix);
  Sort(groups, options.order);
  for (auto& group : groups) {
    if (!group.name.starts_with(options.partition_prefix)) continue;
    auto files = Choose(std::move(group.files), options);
    if (!files.empty()) return MergePlan{std::move(group.name), std::move(files)};
  }
  return std::nullopt;
}

Result<std::optional<MaintenanceDraft>> DraftReplacement(const TableState& state,
                                                         std::string_view operation,
                                                         const std::vector<std::string>& killed,
                                                         const std::vector<FileMarker>& added,
                                                         const Columns& added_columns) {
  for (const auto& path : killed) {
    const StateFile* file = state.Find(path);
    if (file != nullptr && file->marker.is_alive()) continue;
    return Fail(ErrorCode::kConflict,
                fmt::format("{} lost: data file {} {}", operation, path,
                            file == nullptr ? "is in the log no more"
                                            : fmt::format("was replaced or removed by log file {}",
                                                          state.logs()[file->log].key)));
  }
  MaintenanceDraft draft;
  draft.operation = operation;
  draft.killed = killed;
  draft.added = added;
  draft.superseded = SourceLogs(state, killed);
  if (!added_columns.empty()) {
    draft.schema = state.schema();
    std::vector<TypeConflict> conflicts = state.conflicts();
    UniteColumns(added_columns, operation, *draft.schema, conflicts);
    if (!conflicts.empty()) draft.schema = std::nullopt;
  }
  return draft;
}

Result<std::optional<MaintenanceDraft>> DraftRemoval(const TableState& state,
                                                     std::string_view prefix,
                                                     const std::vector<std::string>& partitions,
                                                     uint64_t file_count_max) {
  MaintenanceDraft draft;
  draft.operation = "remove";
  const auto groups = GroupAlive(state, prefix);
  std::unordered_set<std::string_view> done;
  for (const auto& partition : partitions) {
    if (draft.killed.size() >= file_count_max) break;
    if (!done.insert(partition).second) continue;
    const auto group = std::ranges::find(groups, partition, &PartitionFiles::name);
    if (group == groups.end()) continue;
    for (const auto& file : group->files) draft.killed.push_back(file.path);
  }
  if (draft.killed.empty()) return std::nullopt;
  draft.superseded = SourceLogs(state, draft.killed);
  return draft;
}

std::optional<MaintenanceDraft> DraftCleanup(const TableState& state, int64_t now_ms,
                                             int64_t age_ms_min) {
  return Cleanup(state, now_ms, age_ms_min).Draft();
}

std::optional<MaintenanceDraft> DraftLogMerge(const TableState& state, uint64_t log_count_min) {
  MaintenanceDraft draft;
  draft.operation = "log merge";
  for (const ListedLog& log : state.logs()) {
    if (!IsSuperseded(state, log)) draft.superseded.insert(log.key);
  }
  if (draft.superseded.size() < std::max<uint64_t>(log_count_min, 2)) return std::nullopt;
  return draft;
}

std::optional<MaintenanceDraft> DraftAutomaticLogMerge(const TableState& state,
                                                       uint64_t log_count_min) {
  const bool is_ours = std::ranges::all_of(state.logs(), [&state](const ListedLog& log) {
    return log.file == nullptr || IsSuperseded(state, log) || !log.file->id.empty();
  });
  if (!is_ours || !state.conflicts().empty()) return std::nullopt;
  const auto root = std::sqrt(static_cast<double>(state.files().size()));
  return DraftLogMerge(state, std::max(log_count_min, static_cast<uint64_t>(root)));
}

std::vector<FileMarker> AliveFilesOf(const TableState& state, std::string_view prefix,
                                     std::string_view partition) {
  std::vector<FileMarker> files;
  for (const StateFile& file : state.files()) {
    if (file.marker.is_alive() && PartitionOf(prefix, file.marker.path) == partition) {
      files.push_back(file.marker);
    }
  }
  return files;
}

std::vector<std::string> AlivePartitions(const TableState& state, std::string_view prefix) {
  std::vector<std::string> names;
  for (auto& group : GroupAlive(state, prefix)) names.push_back(std::move(group.name));
  return names;
}

}  // namespace icefall::icedb
