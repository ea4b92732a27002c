// Which of a data file and its replica a query reads.
#pragma once

#include <vector>

#include "duckdb/common/column_index.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// True where the replica holds all columns that the scan wants, `left_out` being those that it does
// not: bench/analytics/replicas.py finds filters of any kind, sums, groups and whole rows faster
// there than in the Parquet file, most of them by a factor of 2 and more; only counting the
// distinct values of one column is not.
bool PrefersReplica(const ScanFile& file, const std::vector<FieldId>& left_out,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids);

}  // namespace icefall
