// `check`: the stored bytes of a table against each other.
#include "maintenance/check.h"

#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "database/database.h"
#include "session/identifier.h"
#include "session/location.h"
#include "sql/maintenance/parquet_reader.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  bool data = false;
  bool checksums = false;
};

CommandResult Run(const Arguments& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const Location location, ResolveLocation(arguments.database));
  ICEFALL_ASSIGN_OR_RETURN(const auto database,
                           Database::Open(location.database, {.read_only = true}));
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  const QualifiedName table = ParseName(arguments.table);
  ICEFALL_ASSIGN_OR_RETURN(const CheckReport report,
                           CheckTable(*database, {table.schema, table.name}, *reader,
                                      {.data = arguments.data, .checksums = arguments.checksums}));
  for (const Finding& finding : report.findings) {
    fmt::print("{} {}: {}\n", SeverityName(finding.severity), finding.code, finding.message);
  }
  fmt::print("{}\n", report.passed() ? "check passed" : "check failed");
  return report.passed() ? 0 : kExitFailure;
}

}  // namespace

void AddCheck(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      line.Add("check", "Verify what is stored of a table",
               "icefalldb check /tmp/mydb orders --data", [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments);
  command.add_flag("--data", arguments->data,
                   "Read every data file and compare its values with the statistics");
  command.add_flag(
      "--checksums", arguments->checksums,
      "Compare the SHA-256 of every data file, of older snapshots, too, with that of its "
      "commit; in --data");
}

}  // namespace icefall::cli
