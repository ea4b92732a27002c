// Answers COUNT, MIN and MAX from what is known of fragments, and scans only the rest.
#pragma once

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/bound_statement.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "duckdb/planner/planner_extension.hpp"

namespace icefall {

// Rewrites every ungrouped aggregate of an optimized plan over one table, with or without pushed
// filters: a fragment is left out of the scan when its statistics decide the filters for all of its
// rows and hold the exact counts and bounds. What scans go on with are fragments that they do not
// decide, and inline rows.
void UseMetadata(duckdb::OptimizerExtensionInput& input,
                 duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

// The same of a plan as the binder made it, where there are no filters and nothing has to be
// scanned: without looking at files one by one, which takes long when they are many, and at a few
// inline rows. DuckDB's passes have nothing to do with a statement that asks for nothing else.
void AnswerFromWholeColumns(duckdb::OptimizerExtensionInput& input,
                            duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

// The same of a SELECT that asks for nothing else, behind the binder, without an optimizer: making
// DuckDB's takes longer than the answer. A plan that it does not answer stays as it is.
void AnswerBehindBinder(duckdb::PlannerExtensionInput& input, duckdb::BoundStatement& statement);

}  // namespace icefall
