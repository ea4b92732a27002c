// GROUP BY of columns that have one value in each file of a scan.
#pragma once

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Before DuckDB optimizes: where rows of one table are grouped by such columns, withholds what is
// known of their values. DuckDB would compress the keys by it, and then no longer see columns of
// files that each have one group, for which it needs no hash table.
void KeepPartitionGroups(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);

}  // namespace icefall
