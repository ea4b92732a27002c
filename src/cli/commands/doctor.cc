// `doctor`: what is wrong with a table, what is lost, and mending what can be mended.
#include "maintenance/doctor.h"

#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "session/identifier.h"
#include "session/location.h"
#include "sql/maintenance/parquet_reader.h"

namespace icefall::cli {

namespace {

struct Arguments {
  std::string database;
  std::string table;
  bool repair = false;
};

void Print(const DoctorReport& report) {
  for (const Diagnosis& diagnosis : report.diagnoses) {
    const Finding& finding = diagnosis.finding;
    fmt::print("{} {}: {}. {}.\n", SeverityName(finding.severity), finding.code, finding.message,
               diagnosis.explanation);
  }
}

CommandResult Run(const Arguments& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const Location location, ResolveLocation(arguments.database));
  const QualifiedName parsed = ParseName(arguments.table);
  const ObjectName table{parsed.schema, parsed.name};
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  const auto examine = [&]() -> Result<DoctorReport> {
    const auto database = Database::Open(location.database, {.read_only = true});
    auto report = database ? Examine(**database, table, *reader)
                           : Result<DoctorReport>(Fail(database.error()));
    if (report || report.error().code() != ErrorCode::kCorruption) return report;
    // The catalog's log, without which no table is found.
    DoctorReport of_catalog;
    of_catalog.diagnoses.push_back(
        DiagnoseFinding({Severity::kError, "LogDamaged", report.error().message()}));
    return of_catalog;
  };
  ICEFALL_ASSIGN_OR_RETURN(const DoctorReport found, examine());
  Print(found);
  if (!arguments.repair) {
    fmt::print("{}\n", found.is_healthy() ? "table is healthy" : "issues found");
    return 0;
  }
  if (found.Has(Remedy::kRepair)) {
    ICEFALL_ASSIGN_OR_RETURN(const auto database,
                             Database::Open(location.database, {.read_only = true}));
    ICEFALL_RETURN_IF_ERROR(Repair(*database, table, *reader));
  }
  ICEFALL_ASSIGN_OR_RETURN(const DoctorReport left, examine());
  if (!left.is_healthy()) {
    fmt::print("unrepairable issues remain\n");
    return kExitFailure;
  }
  fmt::print("{}\n", found.Has(Remedy::kRepair) ? "repaired" : "no repairs needed");
  return 0;
}

}  // namespace

void AddDoctor(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add("doctor", "Say what is wrong with a table, and mend it",
                               "icefalldb doctor /tmp/mydb orders --repair",
                               [arguments] { return Run(*arguments); });
  command.add_option("DB", arguments->database, "Database directory")->required();
  command.add_option("TABLE", arguments->table, "Table")->required();
  command.add_flag("--repair", arguments->repair, "Mend what can be mended without inventing data");
}

}  // namespace icefall::cli
