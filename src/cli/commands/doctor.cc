// `doctor`: what is wrong with a table or a database, what is lost, and mending what can be mended.
#include "maintenance/doctor.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/finding_summary.h"
#include "maintenance/check_database.h"
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

// A table, or all there are.
class Patient {
 public:
  virtual ~Patient() = default;
  virtual Result<DatabaseDiagnoses> Look() = 0;
  virtual Result<void> Mend() = 0;
};

class DatabasePatient : public Patient {
 public:
  DatabasePatient(std::string location, DataFileReader& reader)
      : location_(std::move(location)), reader_(reader) {}

  Result<DatabaseDiagnoses> Look() override { return ExamineDatabase(location_, reader_); }
  Result<void> Mend() override { return RepairDatabase(location_, reader_); }

 private:
  const std::string location_;
  DataFileReader& reader_;
};

class TablePatient : public Patient {
 public:
  TablePatient(std::string location, ObjectName table, DataFileReader& reader)
      : location_(std::move(location)), table_(std::move(table)), reader_(reader) {}

  Result<DatabaseDiagnoses> Look() override {
    const auto database = Database::Open(location_, {.read_only = true});
    // Then no table is found, whichever was named.
    if (!database) return ExamineDatabase(location_, reader_);
    DatabaseDiagnoses found;
    ICEFALL_ASSIGN_OR_RETURN(found.database, Examine(**database, table_, reader_));
    return found;
  }
  Result<void> Mend() override {
    const auto database = Database::Open(location_, {.read_only = true});
    // Of a lost catalog, which is all that was found.
    if (!database) return RepairDatabase(location_, reader_);
    return Repair(**database, table_, reader_);
  }

 private:
  const std::string location_;
  const ObjectName table_;
  DataFileReader& reader_;
};

void PrintAll(const DatabaseDiagnoses& found, bool is_whole) {
  Print(found.database);
  for (const auto& [table, report] : found.tables) Print(report);
  if (!is_whole) return;
  FindingSummary summary;
  const auto add = [&](const std::string& part, const DoctorReport& report) {
    std::vector<Finding> findings;
    for (const Diagnosis& diagnosis : report.diagnoses) findings.push_back(diagnosis.finding);
    summary.Add(part, findings);
  };
  add(kDatabaseItself, found.database);
  for (const auto& [table, report] : found.tables) add(TextOf(table), report);
  summary.Print();
}

CommandResult Treat(Patient& patient, bool is_whole, bool repair) {
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseDiagnoses found, patient.Look());
  PrintAll(found, is_whole);
  if (!repair) {
    fmt::print("{}\n", !found.is_healthy() ? "issues found"
                       : is_whole          ? "database is healthy"
                                           : "table is healthy");
    return 0;
  }
  if (found.Has(Remedy::kRepair)) ICEFALL_RETURN_IF_ERROR(patient.Mend());
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseDiagnoses left, patient.Look());
  if (!left.is_healthy()) {
    fmt::print("unrepairable issues remain\n");
    return kExitFailure;
  }
  fmt::print("{}\n", found.Has(Remedy::kRepair) ? "repaired" : "no repairs needed");
  return 0;
}

CommandResult Run(const Arguments& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  const auto resolved = ResolveLocation(arguments.database);
  // A folder without a catalog may have lost it.
  const std::string location = resolved ? resolved->database : arguments.database;
  DatabasePatient whole(location, *reader);
  if (!resolved && !whole.Look()) return Fail(resolved.error());
  if (arguments.table.empty()) return Treat(whole, true, arguments.repair);
  const QualifiedName table = ParseName(arguments.table);
  TablePatient one(location, {table.schema, table.name}, *reader);
  return Treat(one, false, arguments.repair);
}

}  // namespace

void AddDoctor(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add(
      "doctor", "Say what is wrong with a table or a whole database, and mend it",
      "icefalldb doctor /tmp/mydb orders --repair", [arguments] { return Run(*arguments); });
  command.add_option("DB", arguments->database, "Database directory")->required();
  command.add_option("TABLE", arguments->table, "Table (default: everything there is)");
  command.add_flag("--repair", arguments->repair, "Mend what can be mended without inventing data");
}

}  // namespace icefall::cli
