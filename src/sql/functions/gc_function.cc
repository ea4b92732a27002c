#include "sql/functions/gc_function.h"

#include <utility>

#include "duckdb/common/types/interval.hpp"

#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"
#include "sql/icefall_catalog.h"
#include "sql/maintenance/collect_garbage.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

GcOptions OptionsOf(const duckdb::named_parameter_map_t& named) {
  GcOptions options;
  for (const auto& [name, value] : named) {
    if (value.IsNull()) continue;
    if (name == "retain_snapshots") options.retain_snapshots = value.GetValue<uint64_t>();
    if (name == "dry_run") options.dry_run = value.GetValue<bool>();
    if (name == "older_than") {
      options.retain_micros = duckdb::Interval::GetMicro(value.GetValue<duckdb::interval_t>());
    }
  }
  // Asked for by age alone, only the newest one stays whatever its age.
  if (options.retain_micros.has_value() && !named.contains("retain_snapshots")) {
    options.retain_snapshots = 1;
  }
  return options;
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  // Dropped ones, too.
  const auto table = FindNamedTable(context, input.inputs[0]);
  MaintenanceCall call;
  call.names = {"deleted_files", "deleted_bytes", "retained_snapshots"};
  call.types = {LogicalType::UBIGINT, LogicalType::UBIGINT,
                LogicalType::LIST(LogicalType::UBIGINT)};
  call.run = [&catalog = table.catalog, name = table.name,
              options = OptionsOf(input.named_parameters)](duckdb::ClientContext& client,
                                                           RewriteProgress& progress) {
    const GcReport report = CollectGarbageIn(client, catalog, name, options, progress);
    return MaintenanceRows{{Value::UBIGINT(report.deleted_files),
                            Value::UBIGINT(report.deleted_bytes), RetainedSnapshots(report)}};
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::TableFunction GcFunction() {
  auto function = MakeMaintenanceFunction("icefall_gc", {LogicalType::VARCHAR}, Bind);
  function.named_parameters["retain_snapshots"] = LogicalType::UBIGINT;
  function.named_parameters["older_than"] = LogicalType::INTERVAL;
  function.named_parameters["dry_run"] = LogicalType::BOOLEAN;
  return function;
}

}  // namespace icefall
