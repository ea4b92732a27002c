#include "icedb/table_state.h"

#include <algorithm>
#include <utility>

namespace icefall::icedb {

TableState::TableState(std::vector<ListedLog> logs) : logs_(std::move(logs)) {
  for (size_t i = 0; i < logs_.size(); ++i) {
    const ListedLog& log = logs_[i];
    log_places_.emplace(log.key, i);
    newest_ms_ = std::max(newest_ms_, log.name.ms);
    if (log.file == nullptr) continue;
    UniteColumns(log.file->schema, log.key, schema_, conflicts_);
    for (const auto& [path, ms] : log.file->tombstones) {
      const auto [known, added] = tombstones_.emplace(path, ms);
      if (!added) known->second = std::min(known->second, ms);
    }
    for (const FileMarker& marker : log.file->files) {
      const auto [place, added] = places_.emplace(marker.path, files_.size());
      if (added) {
        files_.push_back({marker, i});
      } else {
        files_[place->second] = {marker, i};
      }
    }
  }
  for (const ListedLog& log : logs_) live_log_count_ += tombstones_.contains(log.key) ? 0 : 1;
  // Keys view the strings in place, which moved while files_ grew.
  places_.clear();
  for (size_t i = 0; i < files_.size(); ++i) places_.emplace(files_[i].marker.path, i);
}

const StateFile* TableState::Find(std::string_view path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? nullptr : &files_[found->second];
}

const ListedLog* TableState::FindLog(std::string_view key) const {
  const auto found = log_places_.find(key);
  return found == log_places_.end() ? nullptr : &logs_[found->second];
}

std::vector<std::string> CarriedLogs(const LogFile& log) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < log.carried_count; ++i) keys.push_back(log.tombstones[i].path);
  return keys;
}

}  // namespace icefall::icedb
