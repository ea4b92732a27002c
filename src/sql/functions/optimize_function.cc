#include "sql/functions/optimize_function.h"

#include <optional>
#include <utility>

#include "duckdb/common/string_util.hpp"

#include "sql/functions/compact_function.h"
#include "sql/functions/maintenance_function.h"
#include "sql/functions/table_argument.h"
#include "sql/maintenance/collect_garbage.h"
#include "sql/maintenance/compact.h"
#include "sql/replica/replicate.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

struct Arguments {
  CompactRequest compact;
  std::optional<uint64_t> retain_snapshots;
};

// Column names with commas between them; in double quotes where they hold a comma or a quote.
std::vector<std::string> ColumnNames(const std::string& list) {
  std::vector<std::string> names;
  std::string name;
  bool quoted = false;
  for (const char c : list + ",") {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      duckdb::StringUtil::Trim(name);
      if (!name.empty()) names.push_back(name);
      name.clear();
    } else {
      name += c;
    }
  }
  return names;
}

Arguments ArgumentsOf(const TableArgument& table, const duckdb::named_parameter_map_t& named) {
  Arguments arguments;
  arguments.compact.table = table.entry->object()->name;
  arguments.compact.optimize = true;
  for (const auto& [name, value] : named) {
    if (value.IsNull()) continue;
    if (name == "sort") arguments.compact.sort = value.ToString();
    if (name == "z_order") arguments.compact.z_order = ColumnNames(value.ToString());
    if (name == "retain_snapshots") arguments.retain_snapshots = value.GetValue<uint64_t>();
  }
  if (!arguments.compact.sort.empty() && !arguments.compact.z_order.empty()) {
    throw duckdb::BinderException("icefall_optimize: expected sort or z_order, found both");
  }
  return arguments;
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  IcefallCatalog& catalog = table.transaction.catalog();
  MaintenanceCall call;
  call.names = CompactColumnNames();
  call.types.assign(call.names.size(), LogicalType::UBIGINT);
  call.names.insert(call.names.end(), {"deleted_files", "retained_snapshots"});
  call.types.insert(call.types.end(),
                    {LogicalType::UBIGINT, LogicalType::LIST(LogicalType::UBIGINT)});
  call.run = [&catalog, arguments = ArgumentsOf(table, input.named_parameters),
              uuid = table.entry->uuid()](duckdb::ClientContext& client,
                                          RewriteProgress& progress) {
    const CompactReport compacted = Compact(*client.db, catalog, arguments.compact, progress);
    if (compacted.changed) ReplicateAfterwards(client, catalog, uuid, progress);
    auto row = CompactRow(compacted);
    if (!arguments.retain_snapshots) {
      row.push_back(Value::UBIGINT(0));
      row.emplace_back(LogicalType::LIST(LogicalType::UBIGINT));
      return MaintenanceRows{std::move(row)};
    }
    GcOptions options;
    options.retain_snapshots = *arguments.retain_snapshots;
    const GcReport report =
        CollectGarbageIn(client, catalog, arguments.compact.table, options, progress);
    row.push_back(Value::UBIGINT(report.deleted_files));
    row.push_back(RetainedSnapshots(report));
    return MaintenanceRows{std::move(row)};
  };
  return BindMaintenance(std::move(call), types, names);
}

}  // namespace

duckdb::TableFunction OptimizeFunction() {
  auto function = MakeMaintenanceFunction("icefall_optimize", {LogicalType::VARCHAR}, Bind);
  function.named_parameters["sort"] = LogicalType::VARCHAR;
  function.named_parameters["z_order"] = LogicalType::VARCHAR;
  function.named_parameters["retain_snapshots"] = LogicalType::UBIGINT;
  return function;
}

}  // namespace icefall
