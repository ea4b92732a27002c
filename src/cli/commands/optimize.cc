// `optimize`: compact, cluster, and forget old snapshots.
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands/commands.h"
#include "cli/commands/maintenance_call.h"
#include "session/identifier.h"

namespace icefall::cli {

namespace {

struct Arguments : MaintenanceArguments {
  std::vector<std::string> sort;
  std::vector<std::string> z_order;
  std::optional<uint64_t> retain_snapshots;
};

CommandResult Run(const Arguments& arguments) {
  if (!arguments.sort.empty() && !arguments.z_order.empty()) {
    return Usage("expected --sort or --zorder, found both");
  }
  std::string more;
  const auto add = [&](const char* name, const std::vector<std::string>& keys) {
    if (keys.empty()) return;
    more += fmt::format(", {} := {}", name, QuoteLiteral(fmt::format("{}", fmt::join(keys, ", "))));
  };
  add("sort", arguments.sort);
  add("z_order", arguments.z_order);
  if (arguments.retain_snapshots) {
    more += fmt::format(", retain_snapshots := {}", *arguments.retain_snapshots);
  }
  return CallMaintenance(arguments, "icefall_optimize", more, [&](const auto& row) {
    std::string text = fmt::format("optimized {}: {}", arguments.table, DescribeCompaction(row));
    if (arguments.retain_snapshots) text += ", " + DescribeCollection(row);
    return text;
  });
}

}  // namespace

void AddOptimize(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      line.Add("optimize", "Compact a table and sort it for the queries to come",
               "icefalldb optimize /tmp/mydb orders --retain-snapshots 1 --sort order_id",
               [arguments] { return Run(*arguments); });
  AddMaintenanceArguments(command, *arguments);
  command
      .add_option("--sort", arguments->sort,
                  "Keys as behind ORDER BY, with commas or repeated (default: the table's own)")
      ->allow_extra_args(false)
      ->take_all();
  command
      .add_option("--zorder", arguments->z_order,
                  "Columns to cluster by all at once, along a Z-curve")
      ->allow_extra_args(false)
      ->take_all();
  command.add_option("--retain-snapshots", arguments->retain_snapshots,
                     "Then delete the files of all but the newest N snapshots");
}

}  // namespace icefall::cli
