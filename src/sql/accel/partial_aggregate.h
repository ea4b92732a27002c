// Answers aggregates from states that earlier queries left, and scans only for the others.
#pragma once

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Rewrites every aggregate of an optimized plan over one table, through projections and filters,
// whose states can be added up: below it comes what PhysicalPartialStates answers. Only over tables
// of icefall_partial_rows_min rows or more, and with few groups; not at all where
// icefall_partial_aggregates is off.
void UsePartialStates(duckdb::OptimizerExtensionInput& input,
                      duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

}  // namespace icefall
