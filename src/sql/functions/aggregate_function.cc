#include "sql/functions/aggregate_function.h"

#include "sql/accel/build_aggregates.h"
#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  MaintenanceCall call;
  call.names = {"declarations", "kept_units", "computed_units", "file_bytes"};
  call.types.assign(call.names.size(), LogicalType::UBIGINT);
  call.run = [&catalog = table.transaction.catalog(), uuid = table.entry->uuid()](
                 duckdb::ClientContext& client, RewriteProgress& progress) {
    const auto report = BuildAggregates(client, catalog, uuid, progress);
    return MaintenanceRows{{Value::UBIGINT(report.declarations), Value::UBIGINT(report.kept_units),
                            Value::UBIGINT(report.computed_units),
                            Value::UBIGINT(report.file_bytes)}};
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::TableFunction BuildAggregatesFunction() {
  return MakeMaintenanceFunction("icefall_build_aggregates", {LogicalType::VARCHAR}, Bind);
}

}  // namespace icefall
