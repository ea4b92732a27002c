// `gc`: deletes the files that no retained snapshot needs.
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/maintenance_call.h"

namespace icefall::cli {

namespace {

struct Arguments : MaintenanceArguments {
  std::optional<uint64_t> retain_snapshots;
  std::string older_than;
  bool dry_run = false;
};

// "7d" as SQL; absent when it is none.
std::optional<std::string> IntervalOf(const std::string& age) {
  uint64_t count = 0;
  const char* end = age.data() + age.size();
  const auto [rest, code] = std::from_chars(age.data(), end, count);
  if (code != std::errc() || end - rest != 1) return std::nullopt;
  switch (*rest) {
    case 'd':
      return fmt::format("INTERVAL '{} days'", count);
    case 'h':
      return fmt::format("INTERVAL '{} hours'", count);
    case 'm':
      return fmt::format("INTERVAL '{} minutes'", count);
    case 's':
      return fmt::format("INTERVAL '{} seconds'", count);
    default:
      return std::nullopt;
  }
}

CommandResult Run(const Arguments& arguments) {
  std::string more;
  if (arguments.retain_snapshots) {
    more += fmt::format(", retain_snapshots := {}", *arguments.retain_snapshots);
  }
  if (!arguments.older_than.empty()) {
    const auto interval = IntervalOf(arguments.older_than);
    if (!interval) {
      return Usage(fmt::format("--older-than: expected a number and d, h, m or s, found '{}'",
                               arguments.older_than));
    }
    more += ", older_than := " + *interval;
  }
  if (arguments.dry_run) more += ", dry_run := true";
  auto result = CallMaintenance(arguments, "icefall_gc", more, [&](const auto& row) {
    return fmt::format("gc {}: {}", arguments.dry_run ? "dry run" : "completed",
                       DescribeCollection(row));
  });
  return SayFilesMayBeDeleted(std::move(result));
}

}  // namespace

void AddGc(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  arguments->may_be_dropped = true;
  CLI::App& command = line.Add("gc", "Delete files that no retained snapshot needs",
                               "icefalldb gc /tmp/mydb orders --retain-snapshots 5 --dry-run",
                               [arguments] { return Run(*arguments); });
  AddMaintenanceArguments(command, *arguments);
  command.add_option("--retain-snapshots", arguments->retain_snapshots,
                     "How many of the newest snapshots can still be read (default 3; with "
                     "--older-than 1)");
  command.add_option("--older-than", arguments->older_than,
                     "Retain all snapshots that are not older, too: 7d, 12h, 30m, 90s");
  command.add_flag("--dry-run", arguments->dry_run, "Only count what would be deleted");
}

}  // namespace icefall::cli
