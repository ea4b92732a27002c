// What a set of log files says about an icedb table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "icedb/column_type.h"
#include "icedb/log_file.h"
#include "icedb/names.h"

namespace icefall::icedb {

// A log file that was listed.
struct ListedLog {
  std::string key;
  LogName name;
  // Null when another log carries what it says; see LogFile::carried_count.
  std::shared_ptr<const LogFile> file;
};

struct StateFile {
  FileMarker marker;
  size_t log = 0;  // in TableState::logs: the last one that says something about the file
};

// Immutable.
class TableState {
 public:
  // Folds logs, which are in ascending order of time: schemas are united, and of several markers of
  // a path the last one holds.
  explicit TableState(std::vector<ListedLog> logs);

  const Columns& schema() const { return schema_; }
  const std::vector<TypeConflict>& conflicts() const { return conflicts_; }
  // Dead ones too, in the order in which they were first named.
  const std::vector<StateFile>& files() const { return files_; }
  const std::vector<ListedLog>& logs() const { return logs_; }
  // Superseded log files by key, and since when. May name some that are gone.
  const std::map<std::string, int64_t>& tombstones() const { return tombstones_; }
  // The largest time in the name of a log; 0 without any.
  int64_t newest_ms() const { return newest_ms_; }

  // Log files that readers have to get one by one: those that are not superseded.
  size_t live_log_count() const { return live_log_count_; }

  // Null when no log names the path.
  const StateFile* Find(std::string_view path) const;
  // Null when it was not listed.
  const ListedLog* FindLog(std::string_view key) const;

 private:
  std::vector<ListedLog> logs_;
  Columns schema_;
  std::vector<TypeConflict> conflicts_;
  std::vector<StateFile> files_;
  std::unordered_map<std::string_view, size_t> places_;      // into files_
  std::unordered_map<std::string_view, size_t> log_places_;  // into logs_
  std::map<std::string, int64_t> tombstones_;
  int64_t newest_ms_ = 0;
  size_t live_log_count_ = 0;
};

using StatePointer = std::shared_ptr<const TableState>;

// Keys of logs that these logs carry: nobody needs to read them beside the ones that do.
std::vector<std::string> CarriedLogs(const LogFile& log);

}  // namespace icefall::icedb
