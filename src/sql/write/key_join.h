// Few rows joined with the table they are merged into: by its keys instead of by a scan of it.
#pragma once

#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Before optimizing: the source of a MERGE whose join UseKeyJoin is sure to replace; null for
// others.
const duckdb::LogicalOperator* SourceOfKeyJoin(duckdb::LogicalOperator& merge);

// In a MERGE, an ON CONFLICT among them, whose source is known to be small and is matched by all
// columns of a key: replaces the join. For an optimized plan.
void UseKeyJoin(duckdb::LogicalOperator& plan);

}  // namespace icefall
