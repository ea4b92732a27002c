#include "sql/functions/replicate_function.h"

#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"
#include "sql/functions/value_rows.h"
#include "sql/replica/replicate.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

duckdb::unique_ptr<duckdb::FunctionData> BindReplicate(duckdb::ClientContext& context,
                                                       duckdb::TableFunctionBindInput& input,
                                                       duckdb::vector<LogicalType>& types,
                                                       duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  MaintenanceCall call;
  call.names = {"built_files",   "built_bytes",   "kept_files",
                "removed_files", "skipped_files", "total_bytes"};
  call.types.assign(call.names.size(), LogicalType::UBIGINT);
  call.run = [&catalog = table.transaction.catalog(), uuid = table.entry->uuid()](
                 duckdb::ClientContext& client, RewriteProgress& progress) {
    const ReplicateReport report = Replicate(client, catalog, uuid, progress);
    return MaintenanceRows{{Value::UBIGINT(report.built_files), Value::UBIGINT(report.built_bytes),
                            Value::UBIGINT(report.kept_files), Value::UBIGINT(report.removed_files),
                            Value::UBIGINT(report.skipped_files),
                            Value::UBIGINT(report.total_bytes)}};
  };
  return BindMaintenance(std::move(call), types, names);
}

duckdb::unique_ptr<duckdb::FunctionData> BindReplicas(duckdb::ClientContext& context,
                                                      duckdb::TableFunctionBindInput& input,
                                                      duckdb::vector<LogicalType>& types,
                                                      duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  ValueRows rows;
  rows.names = {"fragment_id", "path", "row_count", "size_bytes", "replica", "replica_size_bytes"};
  rows.types = {LogicalType::BIGINT, LogicalType::VARCHAR, LogicalType::BIGINT,
                LogicalType::BIGINT, LogicalType::VARCHAR, LogicalType::BIGINT};
  const auto number = [](uint64_t count) { return Value::BIGINT(static_cast<int64_t>(count)); };
  for (const auto& status : ReplicasOf(table.transaction.catalog(), *table.entry->snapshot())) {
    const bool is_there = !status.replica.empty();
    rows.rows.push_back({number(status.fragment_id), Value(status.path), number(status.row_count),
                         number(status.size_bytes),
                         is_there ? Value(status.replica) : Value(LogicalType::VARCHAR),
                         number(status.replica_size_bytes)});
  }
  return BindValueRows(std::move(rows), types, names);
}

}  // namespace

duckdb::TableFunction ReplicateFunction() {
  return MakeMaintenanceFunction("icefall_replicate", {LogicalType::VARCHAR}, BindReplicate);
}

duckdb::TableFunction ReplicasFunction() {
  return MakeValueRowsFunction("icefall_replicas", {LogicalType::VARCHAR}, BindReplicas);
}

}  // namespace icefall
