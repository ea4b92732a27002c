// What a DELETE asks of its scan.
#pragma once

#include "duckdb/common/unique_ptr.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// Before optimizing: file_index and file_row_number find a row, so a DELETE drops rowid, which
// costs a sum per row.
void DropUnusedRowIds(duckdb::LogicalOperator& plan);

}  // namespace icefall
