#include <utility>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

#include "sql/errors.h"
#include "sql/icedb/icedb_functions.h"
#include "sql/icedb/icedb_tables.h"
#include "sql/icedb/rows_scan.h"

namespace icefall {
namespace {

duckdb::unique_ptr<duckdb::LogicalOperator> Bind(duckdb::ClientContext& context,
                                                 duckdb::TableFunctionBindInput& input,
                                                 duckdb::idx_t bind_index,
                                                 duckdb::vector<duckdb::string>& names) {
  auto target = duckdb::make_shared_ptr<IcedbScanTarget>();
  target->open = OpenIcedbArgument(input);
  target->requests_before = target->open->requests();
  const int64_t at_ms = NumberArgument(input.named_parameters, "at_ms", -1);
  auto& table = target->open->table;
  const auto state = Unwrap(at_ms < 0 ? table.Read() : table.Read(at_ms));
  icedb::Columns columns = state->schema();
  // Nothing was ever inserted; a relation has a column.
  if (columns.empty()) columns.emplace_back("empty", "INTEGER");
  target->view = MakeIcedbView(context, target->open->data_prefix(), columns, state->conflicts(),
                               {}, AliveFiles(*state));
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  duckdb::vector<duckdb::LogicalType> types;
  auto function = BindIcedbScan(context, std::move(target), bind_data, types, names);
  auto get = duckdb::make_uniq<duckdb::LogicalGet>(
      bind_index, std::move(function), std::move(bind_data), types, names, IcedbVirtualColumns());
  for (duckdb::idx_t i = 0; i < types.size(); ++i) get->AddColumnId(i);
  return get;
}

}  // namespace

duckdb::TableFunction IcedbScanFunction() {
  duckdb::TableFunction function("icedb_scan", {duckdb::LogicalType::VARCHAR}, nullptr, nullptr);
  function.bind_operator = Bind;
  AddLocationParameters(function);
  function.named_parameters["at_ms"] = duckdb::LogicalType::BIGINT;
  return function;
}

}  // namespace icefall
