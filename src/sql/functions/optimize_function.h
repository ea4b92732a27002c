// CALL icefall_optimize('table', …)
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// Named: sort, z_order (VARCHAR, keys with commas), retain_snapshots (then garbage is collected,
// too). One row: what icefall_compact answers, deleted files, and retained snapshots (NULL when
// nothing was asked to be deleted).
duckdb::TableFunction OptimizeFunction();

}  // namespace icefall
