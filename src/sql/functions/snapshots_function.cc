#include "sql/functions/snapshots_function.h"

#include "sql/errors.h"
#include "sql/functions/table_argument.h"
#include "sql/functions/value_rows.h"
#include "sql/icefall_catalog.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

Value SummaryValue(const std::map<std::string, std::string>& summary) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& [key, value] : summary) {
    keys.emplace_back(key);
    values.emplace_back(value);
  }
  return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

duckdb::vector<Value> RowOf(const CommitSummary& commit) {
  return {Value::BIGINT(static_cast<int64_t>(commit.sequence.value)),
          Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(commit.committed_at)),
          Value(commit.operation),
          Value::BIGINT(static_cast<int64_t>(commit.live_rows)),
          Value::BIGINT(static_cast<int64_t>(commit.fragments)),
          commit.parent_hash.empty() ? Value(LogicalType::VARCHAR) : Value(commit.parent_hash),
          Value::BIGINT(static_cast<int64_t>(commit.database_sequence.value)),
          Value::BIGINT(commit.schema.value),
          SummaryValue(commit.summary)};
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  ValueRows rows;
  rows.names = {"sequence",    "committed_at",      "operation", "rows",   "fragments",
                "parent_hash", "database_sequence", "schema_id", "summary"};
  rows.types = {LogicalType::BIGINT,
                LogicalType::TIMESTAMP_TZ,
                LogicalType::VARCHAR,
                LogicalType::BIGINT,
                LogicalType::BIGINT,
                LogicalType::VARCHAR,
                LogicalType::BIGINT,
                LogicalType::BIGINT,
                LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR)};
  auto& catalog = table.transaction.catalog();
  const auto last = catalog.settings().past.value_or(PointInTime());
  for (const auto& commit : Unwrap(catalog.database().History(table.entry->uuid(), last))) {
    rows.rows.push_back(RowOf(commit));
  }
  return BindValueRows(std::move(rows), types, names);
}

}  // namespace

duckdb::TableFunction SnapshotsFunction() {
  return MakeValueRowsFunction("icefall_snapshots", {LogicalType::VARCHAR}, Bind);
}

}  // namespace icefall
