// CALL icefall_gc('table', …)
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// Named: retain_snapshots, older_than (INTERVAL), dry_run. One row: deleted files and bytes,
// retained snapshots.
duckdb::TableFunction GcFunction();

}  // namespace icefall
