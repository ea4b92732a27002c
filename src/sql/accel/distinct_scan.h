// Aggregates of which only the different values of a column matter.
#pragma once

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Behind the other rules. Below nothing but aggregates of a column's DISTINCT values, MIN and MAX,
// below GROUP BY of it without aggregates, and below DISTINCT, equal values need not come twice.
// So a scan of that column alone may leave out repetitions: what is stored as numbers of values in
// a dictionary then answers the dictionary (code_reader.h). And whole numbers of a range that
// statistics know pass PhysicalNewNumbers, in the place of a hash table: that ends the scan as soon
// as all of the range have come, which is early where many rows have few values.
void UseDistinctScans(duckdb::ClientContext& context,
                      duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

}  // namespace icefall
