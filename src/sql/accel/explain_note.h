// Tells in EXPLAIN and EXPLAIN ANALYZE which accelerator answers, and why others do not.
#pragma once

#include <string>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Looks the explained statement up; for the plan as the binder made it.
void PrepareExplainNote(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);

// Adds what an accelerator says of an aggregate of the explained statement, on the same thread;
// does nothing while none is explained.
void NoteAccelerator(const std::string& accelerator, const std::string& text);

// Puts what was found into the optimized plan, on the same thread.
void AddExplainNote(duckdb::LogicalOperator& plan);

}  // namespace icefall
