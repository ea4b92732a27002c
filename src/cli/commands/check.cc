// `check`: the stored bytes of a table, or of all there are, against each other.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/finding_summary.h"
#include "database/database.h"
#include "maintenance/check_database.h"
#include "session/identifier.h"
#include "session/location.h"
#include "sql/maintenance/parquet_reader.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  CheckOptions options;
};

void Print(const CheckReport& report) {
  for (const Finding& finding : report.findings) {
    fmt::print("{} {}: {}\n", SeverityName(finding.severity), finding.code, finding.message);
  }
}

int Conclude(bool passed) {
  fmt::print("{}\n", passed ? "check passed" : "check failed");
  return passed ? 0 : kExitFailure;
}

CommandResult CheckAll(Database& database, DataFileReader& reader, const CheckOptions& options) {
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseReport report, CheckDatabase(database, reader, options));
  FindingSummary summary;
  Print(report.database);
  summary.Add(kDatabaseItself, report.database.findings);
  for (const CheckedTable& table : report.tables) {
    Print(table.report);
    summary.Add(TextOf(table.table), table.report.findings);
  }
  summary.Print();
  return Conclude(report.passed());
}

CommandResult Run(const Arguments& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const Location location, ResolveLocation(arguments.database));
  ICEFALL_ASSIGN_OR_RETURN(const auto database,
                           Database::Open(location.database, {.read_only = true}));
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  if (arguments.table.empty()) return CheckAll(*database, *reader, arguments.options);
  const QualifiedName table = ParseName(arguments.table);
  ICEFALL_ASSIGN_OR_RETURN(
      const CheckReport report,
      CheckTable(*database, {table.schema, table.name}, *reader, arguments.options));
  Print(report);
  return Conclude(report.passed());
}

}  // namespace

void AddCheck(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      line.Add("check", "Verify what is stored of a table, or of the whole database",
               "icefalldb check /tmp/mydb orders --data", [arguments] { return Run(*arguments); });
  command.add_option("DB", arguments->database, "Database directory")->required();
  command.add_option("TABLE", arguments->table, "Table (default: everything there is)");
  command.add_flag("--data", arguments->options.data,
                   "Read every data file and compare its values with the statistics");
  command.add_flag(
      "--checksums", arguments->options.checksums,
      "Compare the SHA-256 of every data file, of older snapshots, too, with that of its "
      "commit; in --data");
}

}  // namespace icefall::cli
