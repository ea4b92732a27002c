#include "sql/functions/value_rows.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

struct ValueRowsData : public duckdb::TableFunctionData {
  std::vector<duckdb::vector<duckdb::Value>> rows;
};

struct ValueRowsState : public duckdb::GlobalTableFunctionState {
  size_t next = 0;
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> StartRows(duckdb::ClientContext&,
                                                               duckdb::TableFunctionInitInput&) {
  return duckdb::make_uniq<ValueRowsState>();
}

void ScanRows(duckdb::ClientContext&, duckdb::TableFunctionInput& input,
              duckdb::DataChunk& output) {
  const auto& rows = input.bind_data->Cast<ValueRowsData>().rows;
  auto& state = input.global_state->Cast<ValueRowsState>();
  const size_t count =
      std::min<size_t>(duckdb::idx_t{STANDARD_VECTOR_SIZE}, rows.size() - state.next);
  for (size_t row = 0; row < count; ++row, ++state.next) {
    const auto& values = rows[state.next];
    for (size_t column = 0; column < values.size(); ++column) {
      output.SetValue(column, row, values[column]);
    }
  }
  output.SetCardinality(count);
}

}  // namespace

duckdb::TableFunction MakeValueRowsFunction(const std::string& name,
                                            duckdb::vector<duckdb::LogicalType> arguments,
                                            duckdb::table_function_bind_t bind) {
  return duckdb::TableFunction(name, std::move(arguments), ScanRows, bind, StartRows);
}

duckdb::unique_ptr<duckdb::FunctionData> BindValueRows(ValueRows rows,
                                                       duckdb::vector<duckdb::LogicalType>& types,
                                                       duckdb::vector<duckdb::string>& names) {
  types = std::move(rows.types);
  names = std::move(rows.names);
  auto data = duckdb::make_uniq<ValueRowsData>();
  data->rows = std::move(rows.rows);
  return data;
}

}  // namespace icefall
