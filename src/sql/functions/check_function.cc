#include "sql/functions/check_function.h"

#include <utility>

#include "maintenance/check.h"
#include "sql/errors.h"
#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"
#include "sql/icefall_catalog.h"
#include "sql/maintenance/parquet_reader.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindNamedTable(context, input.inputs[0]);
  CheckOptions options;
  const auto is_set = [&](const char* name) {
    const auto found = input.named_parameters.find(name);
    return found != input.named_parameters.end() && !found->second.IsNull() &&
           found->second.GetValue<bool>();
  };
  options.data = is_set("data");
  options.checksums = is_set("checksums");
  MaintenanceCall call;
  call.names = {"severity", "code", "message"};
  call.types = {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR};
  call.run = [table, options](duckdb::ClientContext&, RewriteProgress&) {
    const auto reader = Unwrap(MakeParquetReader());
    const auto report = Unwrap(CheckTable(table.catalog.database(), table.name, *reader, options));
    MaintenanceRows rows;
    for (const auto& finding : report.findings) {
      rows.push_back({Value(std::string(SeverityName(finding.severity))), Value(finding.code),
                      Value(finding.message)});
    }
    return rows;
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::TableFunction CheckFunction() {
  auto function = MakeMaintenanceFunction("icefall_check", {LogicalType::VARCHAR}, Bind);
  function.named_parameters["data"] = LogicalType::BOOLEAN;
  function.named_parameters["checksums"] = LogicalType::BOOLEAN;
  return function;
}

}  // namespace icefall
