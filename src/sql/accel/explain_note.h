// Tells in EXPLAIN and EXPLAIN ANALYZE what the result cache would have done.
#pragma once

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Looks the explained statement up; for the plan as the binder made it.
void PrepareExplainNote(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);

// Puts what was found into the optimized plan, on the same thread.
void AddExplainNote(duckdb::LogicalOperator& plan);

}  // namespace icefall
