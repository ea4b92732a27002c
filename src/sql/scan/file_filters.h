// The filters of a scan as one file can evaluate them.
#pragma once

#include "duckdb/common/column_index.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// The filter on the row id has to wait until the row is complete: the file stores ids for some of
// its rows, and DuckDB evaluates a pushed filter over one column of the file.
bool FiltersRowIdLate(const ScanFile& file);

// A copy of `filters` without what DuckDB cannot hand to this file: late row id filters, and Bloom
// filters, which are optional, on columns whose values are cast on reading.
duckdb::unique_ptr<duckdb::TableFilterSet> FiltersForFile(
    const duckdb::TableFilterSet& filters, const duckdb::vector<duckdb::ColumnIndex>& column_ids,
    const ScanFile& file);

}  // namespace icefall
