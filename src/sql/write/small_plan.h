// Planning of statements that change the few rows they state.
#pragma once

#include "duckdb/common/unique_ptr.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "duckdb/planner/planner_extension.hpp"

namespace icefall {

// Behind the binder. Optimizes an INSERT of rows that it states, a MERGE of such rows by a key (an
// ON CONFLICT among them), and an UPDATE or DELETE of one key, and replaces the plan by an operator
// that needs no optimizer: making DuckDB's, and its thirty passes, cost such a statement more than
// its rows do.
void PlanSmallStatement(duckdb::PlannerExtensionInput& input, duckdb::BoundStatement& statement);

// Before optimizing, behind the other rules: the same for what is explained, has RETURNING or
// parameters, or conditions that two of DuckDB's passes have to look at.
void OptimizeSmallPlan(duckdb::OptimizerExtensionInput& input,
                       duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

}  // namespace icefall
