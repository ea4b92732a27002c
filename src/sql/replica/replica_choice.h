// Which of a data file and its replica a query reads.
#pragma once

#include <vector>

#include "duckdb/common/column_index.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// False where the replica lacks a column (`left_out`), or where the Parquet file is faster.
bool PrefersReplica(const ScanFile& file, const std::vector<FieldId>& left_out,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                    duckdb::optional_ptr<duckdb::TableFilterSet> filters);

}  // namespace icefall
