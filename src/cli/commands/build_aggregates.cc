// `build-aggregates`: states of the aggregates that a table declares.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/maintenance_call.h"

namespace icefall::cli {

void AddBuildAggregates(CommandLine& line) {
  auto arguments = std::make_shared<MaintenanceArguments>();
  CLI::App& command = line.Add(
      "build-aggregates", "Make the states of aggregates that a table declares",
      "icefalldb build-aggregates /tmp/mydb orders", [arguments]() -> CommandResult {
        return CallMaintenance(*arguments, "icefall_build_aggregates", "", [&](const auto& row) {
          const auto number = [&](const char* name) {
            return row.at(name).template get<uint64_t>();
          };
          return fmt::format(
              "built aggregates of {}: {} declarations, {} units computed, {} kept, {} bytes",
              arguments->table, number("declarations"), number("computed_units"),
              number("kept_units"), number("file_bytes"));
        });
      });
  AddMaintenanceArguments(command, *arguments);
}

}  // namespace icefall::cli
