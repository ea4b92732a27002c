#include "sql/functions/fragments_function.h"

#include "sql/functions/table_argument.h"
#include "sql/functions/value_rows.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

Value Number(uint64_t number) { return Value::BIGINT(static_cast<int64_t>(number)); }

Value PartitionValue(const Snapshot& snapshot, const Fragment& fragment) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& spec : snapshot.partition_specs) {
    if (spec.id != fragment.partition_spec) continue;
    for (size_t i = 0; i < spec.fields.size() && i < fragment.partition_values.size(); ++i) {
      const auto& value = fragment.partition_values[i];
      keys.emplace_back(spec.fields[i].name);
      values.push_back(value ? Value(*value) : Value(LogicalType::VARCHAR));
    }
  }
  return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

duckdb::vector<Value> RowOf(const Snapshot& snapshot, const Fragment& fragment) {
  return {Number(fragment.id.value),       Value(fragment.path),
          Number(fragment.row_count),      Number(fragment.live_count()),
          Number(fragment.size_bytes),     Number(fragment.first_row_id.value),
          Number(fragment.added_at.value), Number(fragment.deletes_version.value),
          Number(fragment.schema.value),   PartitionValue(snapshot, fragment)};
}

// The one row that stands for all inline rows; its path is NULL.
duckdb::vector<Value> InlineRow(const Snapshot& snapshot) {
  const InlineRows& rows = snapshot.inline_rows;
  return {Number(0),
          Value(LogicalType::VARCHAR),
          Number(rows.physical_count()),
          Number(rows.live_count()),
          Number(rows.size_bytes()),
          Value(LogicalType::BIGINT),
          Number(rows.batches.back()->added_at.value),
          Number(rows.deletes_version.value),
          Number(rows.batches.back()->schema.value),
          Value(LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR))};
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  const Snapshot& snapshot = *table.entry->snapshot();
  ValueRows rows;
  rows.names = {"fragment_id",  "path",     "row_count",       "live_rows", "size_bytes",
                "first_row_id", "added_at", "deletes_version", "schema_id", "partition_values"};
  rows.types.assign(rows.names.size(), LogicalType::BIGINT);
  rows.types[1] = LogicalType::VARCHAR;
  rows.types.back() = LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR);
  snapshot.fragments.ForEach(
      [&](const FragmentPointer& fragment) { rows.rows.push_back(RowOf(snapshot, *fragment)); });
  if (!snapshot.inline_rows.batches.empty()) rows.rows.push_back(InlineRow(snapshot));
  return BindValueRows(std::move(rows), types, names);
}

}  // namespace

duckdb::TableFunction FragmentsFunction() {
  return MakeValueRowsFunction("icefall_fragments", {LogicalType::VARCHAR}, Bind);
}

}  // namespace icefall
