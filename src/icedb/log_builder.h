// The log file of a maintenance operation, from what the operation changes.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "icedb/table_state.h"

namespace icefall::icedb {

// What an operation does to the state that it was planned for.
struct MaintenanceDraft {
  std::string operation;            // "merge", for messages
  std::vector<std::string> killed;  // data files that die
  std::vector<FileMarker> added;    // data files that come
  // Log files that the new one stands for: it names all that they name, and they may go later.
  std::set<std::string> superseded;
  // Log files that go at once; the new one stands for them, too.
  std::set<std::string> deleted_logs;
  // Dead data files that go at once.
  std::set<std::string> deleted_data;
  // Instead of the state's.
  std::optional<Columns> schema;
  // False when all that the deleted logs say is in others, and nothing else changes.
  bool writes_log = true;
};

// Of data files that are all alive in `state`: the log files that say so last. A log file that
// kills data files has to supersede these, and name their other files.
std::set<std::string> SourceLogs(const TableState& state, const std::vector<std::string>& paths);

// The log at time `ms`: every data file that a superseded or deleted log names, as the state or the
// draft has it, what the draft adds, and the tombstones of superseded logs. A deleted data file is
// left out unless a log that stays says that it is alive.
LogFile BuildLog(const TableState& state, const MaintenanceDraft& draft, int64_t ms);

}  // namespace icefall::icedb
