// icefall_replicate('table') makes the replicas of a table's data files; icefall_replicas('table')
// lists them.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// One row: what sql/replica/replicate.h reports.
duckdb::TableFunction ReplicateFunction();

// A row per data file: fragment_id, path, row_count, size_bytes, replica (NULL: it has none),
// replica_size_bytes.
duckdb::TableFunction ReplicasFunction();

}  // namespace icefall
