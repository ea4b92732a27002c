#include "sql/functions/doctor_function.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "maintenance/check_database.h"
#include "maintenance/doctor.h"
#include "sql/errors.h"
#include "sql/functions/finding_row.h"
#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"
#include "sql/icefall_catalog.h"
#include "sql/maintenance/parquet_reader.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

void RequireWritable(const Database& database) {
  if (!database.read_only()) return;
  throw duckdb::PermissionException(
      fmt::format("database {} is attached read-only: nothing can be mended", database.location()));
}

// Behind `first`, when there is one.
void AddRows(const DoctorReport& report, const std::optional<Value>& first, MaintenanceRows& rows) {
  for (const auto& [finding, remedy, explanation] : report.diagnoses) {
    auto& row = rows.emplace_back(FindingRow(finding, first));
    row.push_back(Value(std::string(RemedyName(remedy))));
    row.push_back(Value(std::string(explanation)));
  }
}

MaintenanceRows Run(const NamedTable& table, bool repair) {
  auto& database = table.catalog.database();
  if (repair) RequireWritable(database);
  const auto reader = Unwrap(MakeParquetReader());
  auto report = Unwrap(Examine(database, table.name, *reader));
  if (repair && report.Has(Remedy::kRepair)) {
    Unwrap(Repair(database, table.name, *reader));
    report = Unwrap(Examine(database, table.name, *reader));
  }
  MaintenanceRows rows;
  AddRows(report, std::nullopt, rows);
  return rows;
}

MaintenanceRows RunAll(Database& database, bool repair) {
  if (repair) RequireWritable(database);
  const auto reader = Unwrap(MakeParquetReader());
  auto report = Unwrap(ExamineDatabase(database, *reader));
  if (repair && report.Has(Remedy::kRepair)) {
    Unwrap(RepairDatabase(database, *reader));
    report = Unwrap(ExamineDatabase(database, *reader));
  }
  MaintenanceRows rows;
  AddRows(report.database, Value(LogicalType::VARCHAR), rows);
  for (const auto& [table, diagnoses] : report.tables) {
    AddRows(diagnoses, Value(TextOf(table)), rows);
  }
  return rows;
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  MaintenanceCall call;
  call.names = {"severity", "code", "message", "remedy", "explanation"};
  call.types.assign(call.names.size(), LogicalType::VARCHAR);
  const auto table = FindNamedTable(context, input.inputs[0]);
  call.run = [table, repairs = IsSet(input, "repair")](duckdb::ClientContext&, RewriteProgress&) {
    return Run(table, repairs);
  };
  return BindMaintenance(std::move(call), types, names);
}

duckdb::unique_ptr<duckdb::FunctionData> BindAll(duckdb::ClientContext& context,
                                                 duckdb::TableFunctionBindInput& input,
                                                 duckdb::vector<LogicalType>& types,
                                                 duckdb::vector<duckdb::string>& names) {
  MaintenanceCall call;
  call.names = {"table_name", "severity", "code", "message", "remedy", "explanation"};
  call.types.assign(call.names.size(), LogicalType::VARCHAR);
  auto& catalog = FindNamedDatabase(context, NamedArgument(input, "database"));
  call.run = [&catalog, repairs = IsSet(input, "repair")](duckdb::ClientContext&,
                                                          RewriteProgress&) {
    return RunAll(catalog.database(), repairs);
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::TableFunctionSet DoctorFunctions() {
  duckdb::TableFunctionSet functions("icefall_doctor");
  auto of_table = MakeMaintenanceFunction("icefall_doctor", {LogicalType::VARCHAR}, Bind);
  auto of_all = MakeMaintenanceFunction("icefall_doctor", {}, BindAll);
  of_all.named_parameters["database"] = LogicalType::VARCHAR;
  for (auto* function : {&of_table, &of_all}) {
    function->named_parameters["repair"] = LogicalType::BOOLEAN;
    functions.AddFunction(*function);
  }
  return functions;
}

}  // namespace icefall
