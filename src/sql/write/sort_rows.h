// SORTED BY: rows are sorted within the statement that adds them.
#pragma once

#include "duckdb/execution/physical_plan_generator.hpp"

#include "table/schema.h"

namespace icefall {

// Puts a sort above `child`, whose columns have `names`; `child` itself when the order is empty.
// Throws BinderException when an expression of the order does not fit the columns.
duckdb::PhysicalOperator& SortRows(duckdb::ClientContext& context,
                                   duckdb::PhysicalPlanGenerator& planner,
                                   duckdb::PhysicalOperator& child, const SortOrder& order,
                                   const duckdb::vector<duckdb::string>& names);

}  // namespace icefall
