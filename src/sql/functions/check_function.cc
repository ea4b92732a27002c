#include "sql/functions/check_function.h"

#include <optional>
#include <utility>

#include "maintenance/check_database.h"
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

CheckOptions OptionsOf(const duckdb::TableFunctionBindInput& input) {
  return {.data = IsSet(input, "data"), .checksums = IsSet(input, "checksums")};
}

// Behind `first`, when there is one.
void AddRows(const CheckReport& report, const std::optional<Value>& first, MaintenanceRows& rows) {
  for (const auto& finding : report.findings) {
    rows.push_back(FindingRow(finding, first));
  }
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindNamedTable(context, input.inputs[0]);
  const CheckOptions options = OptionsOf(input);
  MaintenanceCall call;
  call.names = {"severity", "code", "message"};
  call.types.assign(call.names.size(), LogicalType::VARCHAR);
  call.run = [table, options](duckdb::ClientContext&, RewriteProgress&) {
    const auto reader = Unwrap(MakeParquetReader());
    const auto report = Unwrap(CheckTable(table.catalog.database(), table.name, *reader, options));
    MaintenanceRows rows;
    AddRows(report, std::nullopt, rows);
    return rows;
  };
  return BindMaintenance(std::move(call), types, names);
}

duckdb::unique_ptr<duckdb::FunctionData> BindAll(duckdb::ClientContext& context,
                                                 duckdb::TableFunctionBindInput& input,
                                                 duckdb::vector<LogicalType>& types,
                                                 duckdb::vector<duckdb::string>& names) {
  auto& catalog = FindNamedDatabase(context, NamedArgument(input, "database"));
  const CheckOptions options = OptionsOf(input);
  MaintenanceCall call;
  call.names = {"table_name", "severity", "code", "message"};
  call.types.assign(call.names.size(), LogicalType::VARCHAR);
  call.run = [&catalog, options](duckdb::ClientContext&, RewriteProgress&) {
    const auto reader = Unwrap(MakeParquetReader());
    const auto report = Unwrap(CheckDatabase(catalog.database(), *reader, options));
    MaintenanceRows rows;
    AddRows(report.database, Value(LogicalType::VARCHAR), rows);
    for (const CheckedTable& table : report.tables) {
      AddRows(table.report, Value(TextOf(table.table)), rows);
    }
    return rows;
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::TableFunctionSet CheckFunctions() {
  duckdb::TableFunctionSet functions("icefall_check");
  auto of_table = MakeMaintenanceFunction("icefall_check", {LogicalType::VARCHAR}, Bind);
  auto of_all = MakeMaintenanceFunction("icefall_check", {}, BindAll);
  of_all.named_parameters["database"] = LogicalType::VARCHAR;
  for (auto* function : {&of_table, &of_all}) {
    function->named_parameters["data"] = LogicalType::BOOLEAN;
    function->named_parameters["checksums"] = LogicalType::BOOLEAN;
    functions.AddFunction(*function);
  }
  return functions;
}

}  // namespace icefall
