// `optimize`: compact, cluster, and forget old snapshots.
#include <memory>
#include <utility>
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
  uint64_t retain_snapshots = 1;
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
  more += fmt::format(", retain_snapshots := {}", arguments.retain_snapshots);
  auto result = CallMaintenance(arguments, "icefall_optimize", more, [&](const auto& row) {
    return fmt::format("optimized {}: {}, {}", arguments.table, DescribeCompaction(row),
                       DescribeCollection(row));
  });
  return SayFilesMayBeDeleted(std::move(result));
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
  command
      .add_option("--retain-snapshots", arguments->retain_snapshots,
                  "Then delete the files of all but the newest N snapshots")
      ->capture_default_str();
}

}  // namespace icefall::cli
