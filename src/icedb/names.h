// Names of the objects of an icedb table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall::icedb {

// What a log file's name says: "<ms>_<host>.jsonl", or "<ms>_m_<host>.jsonl" for one that
// maintenance wrote.
struct LogName {
  int64_t ms = 0;  // since 1970, UTC
  bool merged = false;
  std::string host;
  friend bool operator==(const LogName&, const LogName&) = default;
};

// Of a name with or without folders; nothing for objects that are no log files.
std::optional<LogName> ParseLogName(std::string_view key);
std::string FormatLogName(const LogName& name);

// Error: kInvalidArgument for a host that a log file's name cannot carry: empty, with '/' or a
// control character, or one that begins with "m_" and would be read as maintenance's.
Result<void> ValidateHost(std::string_view host);

// Keys of a table at `prefix` (without slashes at its ends; may be empty).
std::string LogFolder(std::string_view prefix);          // "<prefix>/_log/"
std::string DataFolder(std::string_view prefix);         // "<prefix>/_data/"
std::string MaintenanceFolder(std::string_view prefix);  // "<prefix>/_maintenance/"

// "<prefix>/_data/<partition>/<name>", without the partition's segment when that is empty. Error:
// kInvalidArgument for a partition that makes no valid key.
Result<std::string> DataKey(std::string_view prefix, std::string_view partition,
                            std::string_view name);

// What stands between the table's own data folder and the file's name. A path outside of that
// folder, of a table that was copied here, is cut at its first "_data/".
std::string PartitionOf(std::string_view prefix, std::string_view path);

}  // namespace icefall::icedb
