// Leaves out DISTINCT over what has one row at most.
#pragma once

#include "duckdb/common/unique_ptr.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// INSERT ... ON CONFLICT makes its rows distinct by the key first. For one row, that is a hash
// table, two pipelines and their tasks for nothing.
void RemoveOneRowDistinct(duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

}  // namespace icefall
