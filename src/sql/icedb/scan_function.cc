#include <algorithm>
#include <string_view>
#include <utility>

#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include <fmt/format.h>

#include "sql/errors.h"
#include "sql/icedb/icedb_functions.h"
#include "sql/icedb/icedb_tables.h"

namespace icefall {
namespace {

using Names = std::vector<std::string>;

// The keys of a partition such as "u=a/d=2024-01-01"; none when a part has none.
Names KeysOf(std::string_view partition) {
  Names keys;
  while (!partition.empty()) {
    const size_t end = std::min(partition.find('/'), partition.size());
    const size_t sign = partition.substr(0, end).find('=');
    if (sign == std::string_view::npos || sign == 0) return {};
    keys.emplace_back(partition.substr(0, sign));
    partition.remove_prefix(std::min(end + 1, partition.size()));
  }
  return keys;
}

// No alive file: the columns, and no row.
std::string EmptyQuery(const icedb::TableState& state) {
  std::string columns;
  for (const auto& [name, type] : state.schema()) {
    columns += fmt::format("{}CAST(NULL AS {}) AS {}", columns.empty() ? "" : ", ", type,
                           duckdb::KeywordHelper::WriteQuoted(name, '"'));
  }
  return fmt::format("SELECT {} WHERE false", columns.empty() ? "NULL AS empty" : columns);
}

// DuckDB prunes files by the keys in their paths, which it makes columns of.
std::string ScanQuery(const OpenIcedbTable& open, const icedb::TableState& state) {
  std::string list;
  std::optional<Names> keys;
  bool same_keys = true;
  for (const auto& file : state.files()) {
    if (!file.marker.is_alive()) continue;
    list += list.empty() ? "" : ", ";
    list += duckdb::KeywordHelper::WriteQuoted(open.PathOf(file.marker.path));
    Names found = KeysOf(icedb::PartitionOf(open.data_prefix(), file.marker.path));
    same_keys = same_keys && (!keys || *keys == found);
    keys = std::move(found);
  }
  if (list.empty()) return EmptyQuery(state);
  const bool has_keys = same_keys && !keys->empty();
  return fmt::format(
      "SELECT * FROM read_parquet([{}], union_by_name = true, hive_partitioning = {}{})", list,
      has_keys, has_keys ? ", hive_types_autocast = false" : "");
}

duckdb::unique_ptr<duckdb::TableRef> Replace(duckdb::ClientContext& context,
                                             duckdb::TableFunctionBindInput& input) {
  const auto open = OpenIcedbArgument(input);
  const int64_t at_ms = NumberArgument(input.named_parameters, "at_ms", -1);
  const auto state = Unwrap(at_ms < 0 ? open->table.Read() : open->table.Read(at_ms));
  duckdb::Parser parser(context.GetParserOptions());
  parser.ParseQuery(ScanQuery(*open, *state));
  auto select = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(
      std::move(parser.statements[0]));
  return duckdb::make_uniq<duckdb::SubqueryRef>(std::move(select));
}

}  // namespace

duckdb::TableFunction IcedbScanFunction() {
  duckdb::TableFunction function("icedb_scan", {duckdb::LogicalType::VARCHAR}, nullptr, nullptr);
  function.bind_replace = Replace;
  AddLocationParameters(function);
  function.named_parameters["at_ms"] = duckdb::LogicalType::BIGINT;
  return function;
}

}  // namespace icefall
