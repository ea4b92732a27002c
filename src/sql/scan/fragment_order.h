// The order of files that suits ORDER BY ... LIMIT: those that hold the first rows come first, so
// that what they leave out of the rest is known early.
#pragma once

#include <vector>

#include "duckdb/storage/table/row_group_reorderer.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// Orders `files` by the bounds of the column that `options` names, and leaves out as many at the
// front as DuckDB took off the query's OFFSET.
std::vector<ScanFile> OrderFiles(const ScanTarget& target, std::vector<ScanFile> files,
                                 const duckdb::RowGroupOrderOptions& options);

}  // namespace icefall
