#include "icedb/log_builder.h"

#include <unordered_set>
#include <utility>

namespace icefall::icedb {
namespace {

using Names = std::unordered_set<std::string_view>;

bool Replaces(const MaintenanceDraft& draft, const std::string& log) {
  return draft.superseded.contains(log) || draft.deleted_logs.contains(log);
}

// Paths that the replaced logs name, and those that the draft kills.
Names PathsToName(const TableState& state, const MaintenanceDraft& draft) {
  Names paths(draft.killed.begin(), draft.killed.end());
  for (const ListedLog& log : state.logs()) {
    if (log.file == nullptr || !Replaces(draft, log.key)) continue;
    for (const auto& marker : log.file->files) paths.insert(marker.path);
  }
  return paths;
}

// Paths that a log which stays takes to be alive.
Names AliveElsewhere(const TableState& state, const MaintenanceDraft& draft) {
  Names paths;
  for (const ListedLog& log : state.logs()) {
    if (log.file == nullptr || draft.deleted_logs.contains(log.key)) continue;
    for (const auto& marker : log.file->files) {
      if (marker.is_alive()) paths.insert(marker.path);
    }
  }
  return paths;
}

// The logs whose files are all in the new one: the replaced ones, and what those carry. Also those
// that will be deleted: until they are, who reads them without the ones that carry them would take
// files for alive whose tombstones have been let go.
std::set<std::string> Carried(const TableState& state, const MaintenanceDraft& draft) {
  std::set<std::string> carried;
  const auto add = [&](const std::string& key) {
    if (state.FindLog(key) != nullptr) carried.insert(key);
  };
  for (const ListedLog& log : state.logs()) {
    if (!Replaces(draft, log.key)) continue;
    add(log.key);
    if (log.file == nullptr) continue;
    for (const auto& key : CarriedLogs(*log.file)) add(key);
  }
  return carried;
}

void AddTombstones(const TableState& state, const MaintenanceDraft& draft, LogFile& log) {
  const auto since = [&](const std::string& key) {
    const auto known = state.tombstones().find(key);
    return known == state.tombstones().end() ? log.ms : known->second;
  };
  const auto carried = Carried(state, draft);
  for (const auto& key : carried) log.tombstones.push_back({key, since(key)});
  log.carried_count = carried.size();
  for (const auto& [key, ms] : state.tombstones()) {
    const bool stays = state.FindLog(key) != nullptr && !draft.deleted_logs.contains(key);
    if (stays && !carried.contains(key)) log.tombstones.push_back({key, ms});
  }
}

}  // namespace

std::set<std::string> SourceLogs(const TableState& state, const std::vector<std::string>& paths) {
  std::set<std::string> logs;
  for (const auto& path : paths) {
    if (const auto* file = state.Find(path)) logs.insert(state.logs()[file->log].key);
  }
  return logs;
}

LogFile BuildLog(const TableState& state, const MaintenanceDraft& draft, int64_t ms) {
  LogFile log;
  log.ms = ms;
  log.schema = draft.schema.value_or(state.schema());
  AddTombstones(state, draft, log);
  const Names paths = PathsToName(state, draft);
  const Names alive_elsewhere = AliveElsewhere(state, draft);
  const Names killed(draft.killed.begin(), draft.killed.end());
  for (const StateFile& file : state.files()) {
    const std::string& path = file.marker.path;
    if (!paths.contains(path)) continue;
    if (draft.deleted_data.contains(path) && !alive_elsewhere.contains(path)) continue;
    FileMarker marker = file.marker;
    if (killed.contains(path) && marker.is_alive()) marker.tombstone_ms = ms;
    log.files.push_back(std::move(marker));
  }
  log.files.insert(log.files.end(), draft.added.begin(), draft.added.end());
  return log;
}

}  // namespace icefall::icedb
