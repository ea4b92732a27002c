#include "sql/functions/doctor_function.h"

#include <utility>

#include <fmt/format.h>

#include "maintenance/doctor.h"
#include "sql/errors.h"
#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"
#include "sql/icefall_catalog.h"
#include "sql/maintenance/parquet_reader.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

MaintenanceRows Run(const NamedTable& table, bool repair) {
  auto& database = table.catalog.database();
  if (repair && database.read_only()) {
    throw duckdb::PermissionException(fmt::format(
        "database {} is attached read-only: nothing can be mended", database.location()));
  }
  const auto reader = Unwrap(MakeParquetReader());
  auto report = Unwrap(Examine(database, table.name, *reader));
  if (repair && report.Has(Remedy::kRepair)) {
    Unwrap(Repair(database, table.name, *reader));
    report = Unwrap(Examine(database, table.name, *reader));
  }
  MaintenanceRows rows;
  for (const auto& [finding, remedy, explanation] : report.diagnoses) {
    rows.push_back({Value(std::string(SeverityName(finding.severity))), Value(finding.code),
                    Value(finding.message), Value(std::string(RemedyName(remedy))),
                    Value(std::string(explanation))});
  }
  return rows;
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindNamedTable(context, input.inputs[0]);
  const auto repair = input.named_parameters.find("repair");
  const bool repairs = repair != input.named_parameters.end() && !repair->second.IsNull() &&
                       repair->second.GetValue<bool>();
  MaintenanceCall call;
  call.names = {"severity", "code", "message", "remedy", "explanation"};
  call.types.assign(call.names.size(), LogicalType::VARCHAR);
  call.run = [table, repairs](duckdb::ClientContext&, RewriteProgress&) {
    return Run(table, repairs);
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::TableFunction DoctorFunction() {
  auto function = MakeMaintenanceFunction("icefall_doctor", {LogicalType::VARCHAR}, Bind);
  function.named_parameters["repair"] = LogicalType::BOOLEAN;
  return function;
}

}  // namespace icefall
