#include <utility>

#include "duckdb/main/client_context.hpp"

#include "icedb/column_type.h"
#include "icedb/partition_rule.h"
#include "sql/errors.h"
#include "sql/functions/value_rows.h"
#include "sql/icedb/icedb_functions.h"
#include "sql/icedb/icedb_tables.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

icedb::StatePointer StateArgument(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  const auto& named = input.named_parameters;
  if (const auto logs = named.find("logs"); logs != named.end() && !logs->second.IsNull()) {
    std::vector<std::string> keys;
    for (const auto& key : duckdb::ListValue::GetChildren(logs->second)) {
      keys.push_back(key.ToString());
    }
    return Unwrap(open.table.reader().ReadOnly(keys));
  }
  const int64_t at_ms = NumberArgument(named, "at_ms", -1);
  return Unwrap(at_ms < 0 ? open.table.Read() : open.table.Read(at_ms));
}

Value OptionalMs(const std::optional<int64_t>& ms) {
  return ms ? Value::BIGINT(*ms) : Value(LogicalType::BIGINT);
}

using BoundRows = ValueRows (*)(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open);

// Rows that are known when the function is bound.
template <BoundRows kRows>
duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext&,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto open = OpenIcedbArgument(input);
  return BindValueRows(kRows(input, *open), types, names);
}

ValueRows Files(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  const auto state = StateArgument(input, open);
  ValueRows rows;
  rows.names = {"path", "size_bytes", "created_ms", "tombstone_ms", "partition", "log"};
  rows.types = {LogicalType::VARCHAR, LogicalType::UBIGINT, LogicalType::BIGINT,
                LogicalType::BIGINT,  LogicalType::VARCHAR, LogicalType::VARCHAR};
  for (const auto& [marker, log] : state->files()) {
    rows.rows.push_back({Value(marker.path), Value::UBIGINT(marker.size_bytes),
                         Value::BIGINT(marker.created_ms), OptionalMs(marker.tombstone_ms),
                         Value(icedb::PartitionOf(open.data_prefix(), marker.path)),
                         Value(state->logs()[log].key)});
  }
  return rows;
}

// Log files that are there, and superseded ones that are named but gone.
ValueRows Logs(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  const auto state = StateArgument(input, open);
  ValueRows rows;
  rows.names = {"log", "ms", "merged", "host", "tombstone_ms", "exists"};
  rows.types = {LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::BOOLEAN,
                LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::BOOLEAN};
  const auto add = [&](const std::string& key, const icedb::LogName& name, bool exists) {
    const auto tombstone = state->tombstones().find(key);
    rows.rows.push_back({Value(key), Value::BIGINT(name.ms), Value::BOOLEAN(name.merged),
                         Value(name.host),
                         tombstone == state->tombstones().end() ? Value(LogicalType::BIGINT)
                                                                : Value::BIGINT(tombstone->second),
                         Value::BOOLEAN(exists)});
  };
  for (const auto& log : state->logs()) add(log.key, log.name, true);
  for (const auto& [key, ms] : state->tombstones()) {
    if (state->FindLog(key) != nullptr) continue;
    add(key, icedb::ParseLogName(key).value_or(icedb::LogName()), false);
  }
  return rows;
}

ValueRows ColumnsOf(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  const auto state = StateArgument(input, open);
  ValueRows rows;
  rows.names = {"column", "type", "conflicting_type", "log"};
  rows.types = {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR,
                LogicalType::VARCHAR};
  const Value none(LogicalType::VARCHAR);
  for (const auto& [name, type] : state->schema()) {
    rows.rows.push_back({Value(name), Value(type), none, none});
  }
  for (const auto& conflict : state->conflicts()) {
    rows.rows.push_back({Value(conflict.column), Value(conflict.type), Value(conflict.new_type),
                         Value(conflict.source)});
  }
  return rows;
}

// All of these at one moment: "column", name, type; "file", path, log, created, size, died; "log",
// key, "", time; "tombstone", key, "", since when.
ValueRows State(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  const auto state = StateArgument(input, open);
  ValueRows rows;
  rows.names = {"kind", "name", "detail", "ms", "size_bytes", "tombstone_ms"};
  rows.types = {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR,
                LogicalType::BIGINT,  LogicalType::UBIGINT, LogicalType::BIGINT};
  const auto add = [&rows](const char* kind, const std::string& name, const std::string& detail,
                           int64_t ms, uint64_t size_bytes, std::optional<int64_t> tombstone_ms) {
    rows.rows.push_back({Value(kind), Value(name), Value(detail), Value::BIGINT(ms),
                         Value::UBIGINT(size_bytes), OptionalMs(tombstone_ms)});
  };
  for (const auto& [name, type] : state->schema()) add("column", name, type, 0, 0, {});
  for (const auto& [marker, log] : state->files()) {
    add("file", marker.path, state->logs()[log].key, marker.created_ms, marker.size_bytes,
        marker.tombstone_ms);
  }
  for (const auto& log : state->logs()) add("log", log.key, "", log.name.ms, 0, {});
  for (const auto& [key, ms] : state->tombstones()) add("tombstone", key, "", ms, 0, {});
  return rows;
}

// A data file under a key that nobody else uses. Stored when it is bound, because DuckDB's Python
// client keeps a processor busy while a query runs; DuckDB may bind again, and store the same
// bytes.
ValueRows Store(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  const std::string& bytes = duckdb::StringValue::Get(input.inputs[2]);
  Unwrap(open.table.place().data->Put(input.inputs[1].ToString(), bytes, PutCondition::Always()));
  ValueRows rows;
  rows.names = {"size_bytes"};
  rows.types = {LogicalType::UBIGINT};
  rows.rows.push_back({Value::UBIGINT(bytes.size())});
  return rows;
}

// What an insert of these columns has to write, and where it does not fit.
ValueRows Fit(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  icedb::Columns inserted;
  for (const auto& column : duckdb::ListValue::GetChildren(input.inputs[1])) {
    const auto& parts = duckdb::ListValue::GetChildren(column);
    inserted.emplace_back(parts.at(0).ToString(), parts.at(1).ToString());
  }
  const auto state = StateArgument(input, open);
  const auto fitted = icedb::FitColumns(state->schema(), inserted);
  ValueRows rows;
  rows.names = {"column", "type", "refused_type"};
  rows.types = {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR};
  for (const auto& [name, type] : fitted.columns) {
    Value refused(LogicalType::VARCHAR);
    for (const auto& conflict : fitted.conflicts) {
      if (conflict.column == name) refused = Value(conflict.new_type);
    }
    rows.rows.push_back({Value(name), Value(type), refused});
  }
  return rows;
}

ValueRows Path(duckdb::TableFunctionBindInput& input, OpenIcedbTable& open) {
  const std::string alias = TextArgument(input.named_parameters, "alias");
  if (!alias.empty()) input.info->Cast<IcedbTables>().AddAlias(alias, open);
  ValueRows rows;
  rows.names = {"path_prefix", "data_prefix"};
  rows.types = {LogicalType::VARCHAR, LogicalType::VARCHAR};
  rows.rows.push_back({Value(open.path_prefix), Value(open.data_prefix())});
  return rows;
}

duckdb::unique_ptr<duckdb::FunctionData> BindPartitionSql(duckdb::ClientContext&,
                                                          duckdb::TableFunctionBindInput& input,
                                                          duckdb::vector<LogicalType>& types,
                                                          duckdb::vector<duckdb::string>& names) {
  const auto rule = Unwrap(icedb::ParsePartitionRule(input.inputs[0].ToString()));
  ValueRows rows;
  rows.names = {"sql"};
  rows.types = {LogicalType::VARCHAR};
  rows.rows.push_back({Value(icedb::PartitionSql(rule))});
  return BindValueRows(std::move(rows), types, names);
}

duckdb::TableFunction Make(const std::string& name, duckdb::table_function_bind_t bind) {
  auto function = MakeValueRowsFunction(name, {LogicalType::VARCHAR}, bind);
  AddLocationParameters(function);
  function.named_parameters["at_ms"] = LogicalType::BIGINT;
  function.named_parameters["alias"] = LogicalType::VARCHAR;
  function.named_parameters["logs"] = LogicalType::LIST(LogicalType::VARCHAR);
  return function;
}

}  // namespace

std::vector<duckdb::TableFunction> IcedbReadFunctions() {
  std::vector<duckdb::TableFunction> functions = {
      Make("icedb_files", Bind<Files>),       Make("icedb_logs", Bind<Logs>),
      Make("icedb_columns", Bind<ColumnsOf>), Make("icedb_state", Bind<State>),
      Make("icedb_path", Bind<Path>),         Make("icedb_fit", Bind<Fit>)};
  functions.back().arguments.push_back(LogicalType::LIST(LogicalType::LIST(LogicalType::VARCHAR)));
  functions.push_back(Make("icedb_store", Bind<Store>));
  functions.back().arguments.push_back(LogicalType::VARCHAR);
  functions.back().arguments.push_back(LogicalType::BLOB);
  functions.push_back(
      MakeValueRowsFunction("icedb_partition_sql", {LogicalType::VARCHAR}, BindPartitionSql));
  return functions;
}

}  // namespace icefall
