// `compact`: fewer, fuller data files without deleted rows.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/maintenance_call.h"

namespace icefall::cli {

void AddCompact(CommandLine& line) {
  auto arguments = std::make_shared<MaintenanceArguments>();
  CLI::App& command = line.Add(
      "compact", "Merge small data files and drop deleted rows from them",
      "icefalldb compact /tmp/mydb orders", [arguments]() -> CommandResult {
        return CallMaintenance(*arguments, "icefall_compact", "", [&](const auto& row) {
          return fmt::format("compacted {}: {}", arguments->table, DescribeCompaction(row));
        });
      });
  AddMaintenanceArguments(command, *arguments);
}

}  // namespace icefall::cli
