// Scans of which only the different values matter.
#pragma once

#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Behind the other rules. A scan of one column below nothing but aggregates of its DISTINCT values,
// MIN and MAX, or below GROUP BY of it without aggregates, may leave out repetitions: what is
// stored as numbers of values in a dictionary then answers the dictionary (code_reader.h).
void MarkDistinctScans(duckdb::LogicalOperator& plan);

}  // namespace icefall
