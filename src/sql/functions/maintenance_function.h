// A table function that does maintenance when it is run and answers rows about it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "duckdb/function/table_function.hpp"

#include "sql/maintenance/rewrite_rows.h"

namespace icefall {

using MaintenanceRows = std::vector<duckdb::vector<duckdb::Value>>;

// What a call was bound to. `run` is called once per execution, by one thread, outside of the
// caller's transaction on the database.
struct MaintenanceCall {
  duckdb::vector<duckdb::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  std::function<MaintenanceRows(duckdb::ClientContext&, RewriteProgress&)> run;
};

// Execution shows its progress, and ends with an error of kind INTERRUPT when the query is stopped.
duckdb::TableFunction MakeMaintenanceFunction(const std::string& name,
                                              duckdb::vector<duckdb::LogicalType> arguments,
                                              duckdb::table_function_bind_t bind);

// For the `bind` of such a function.
duckdb::unique_ptr<duckdb::FunctionData> BindMaintenance(MaintenanceCall call,
                                                         duckdb::vector<duckdb::LogicalType>& types,
                                                         duckdb::vector<duckdb::string>& names);

// A named argument of a call; NULL where it was left out.
duckdb::Value NamedArgument(const duckdb::TableFunctionBindInput& input, const char* name);
// One of type BOOLEAN; not set where it was left out or NULL.
bool IsSet(const duckdb::TableFunctionBindInput& input, const char* name);

}  // namespace icefall
