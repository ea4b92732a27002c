#include "sql/functions/compact_function.h"

#include <utility>

#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"
#include "sql/replica/replicate.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  IcefallCatalog& catalog = table.transaction.catalog();
  CompactRequest request;
  request.table = table.entry->object()->name;
  MaintenanceCall call;
  call.names = CompactColumnNames();
  call.types.assign(call.names.size(), LogicalType::UBIGINT);
  call.run = [&catalog, request, uuid = table.entry->uuid()](duckdb::ClientContext& client,
                                                             RewriteProgress& progress) {
    const CompactReport report = Compact(*client.db, catalog, request, progress);
    if (report.changed) ReplicateAfterwards(client, catalog, uuid, progress);
    return MaintenanceRows{CompactRow(report)};
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::vector<duckdb::string> CompactColumnNames() {
  return {"files_before", "files_after",  "rows_before",
          "rows_after",   "bytes_before", "bytes_after"};
}

duckdb::vector<Value> CompactRow(const CompactReport& report) {
  return {Value::UBIGINT(report.files_before), Value::UBIGINT(report.files_after),
          Value::UBIGINT(report.rows_before),  Value::UBIGINT(report.rows_after),
          Value::UBIGINT(report.bytes_before), Value::UBIGINT(report.bytes_after)};
}

duckdb::TableFunction CompactFunction() {
  return MakeMaintenanceFunction("icefall_compact", {LogicalType::VARCHAR}, Bind);
}

}  // namespace icefall
