// A table function whose rows are known when it is bound.
#pragma once

#include <string>
#include <vector>

#include "duckdb/function/table_function.hpp"

namespace icefall {

struct ValueRows {
  duckdb::vector<duckdb::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  std::vector<duckdb::vector<duckdb::Value>> rows;
};

duckdb::TableFunction MakeValueRowsFunction(const std::string& name,
                                            duckdb::vector<duckdb::LogicalType> arguments,
                                            duckdb::table_function_bind_t bind);

// For the `bind` of such a function: hands the rows to the scan.
duckdb::unique_ptr<duckdb::FunctionData> BindValueRows(ValueRows rows,
                                                       duckdb::vector<duckdb::LogicalType>& types,
                                                       duckdb::vector<duckdb::string>& names);

}  // namespace icefall
