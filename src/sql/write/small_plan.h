// Planning of statements that change the few rows they state.
#pragma once

#include "duckdb/common/unique_ptr.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Before optimizing, behind the other rules. Optimizes an INSERT of rows that it states, a MERGE of
// such rows by a key (an ON CONFLICT among them), and an UPDATE or DELETE of one key by the two
// passes that matter to them, and replaces the plan by an operator without children. DuckDB has
// nothing to do with that; its thirty passes cost such a statement more than its rows do.
void OptimizeSmallPlan(duckdb::OptimizerExtensionInput& input,
                       duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

}  // namespace icefall
