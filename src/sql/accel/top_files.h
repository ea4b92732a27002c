// Leaves files out below ORDER BY ... LIMIT that can have none of the rows.
#pragma once

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Of every top-N of an optimized plan over a whole table of so many files that ColumnBounds are
// kept: the first files by the bounds of the first order that have as many live rows as are asked
// for, and those whose rows may come as early, are all that is scanned. What is left out is not
// even listed. Of files of which the rows with the first values were noted (column_facts.h), the
// scan gets the last of these values as a filter, by which it passes over row groups.
void KeepTopFiles(duckdb::OptimizerExtensionInput& input, duckdb::LogicalOperator& plan);

}  // namespace icefall
