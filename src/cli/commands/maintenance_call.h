// What compact, optimize and gc have in common: a CALL, and one row as its outcome.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace icefall::cli {

struct MaintenanceArguments {
  std::string database;
  std::string table;
  std::string format = "text";
  bool may_be_dropped = false;
};

// Adds DB, TABLE and --format.
void AddMaintenanceArguments(CLI::App& command, MaintenanceArguments& arguments);

// Runs `CALL <function>(<the table><more>)`; prints the row as JSON, or `text` of it. `more` is SQL
// that begins with a comma, or empty.
CommandResult CallMaintenance(const MaintenanceArguments& arguments, const std::string& function,
                              const std::string& more,
                              const std::function<std::string(const nlohmann::json& row)>& text);

// `result` of a call that deletes files. Whichever thread notices an interrupt first ends the call,
// and only the one that deletes says that something may be gone.
CommandResult SayFilesMayBeDeleted(CommandResult result);

// "A input row groups -> B output row groups, R rows -> S rows"; a file is counted as one.
std::string DescribeCompaction(const nlohmann::json& row);
// "deleted K files, retained snapshots [5, 4]"
std::string DescribeCollection(const nlohmann::json& row);

}  // namespace icefall::cli
