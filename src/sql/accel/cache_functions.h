// icefall_cache() lists what accelerators keep; icefall_clear_cache() forgets it.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// icefall_cache(): a row per kept thing of every attached icefall database:
// database, kind ("result", "result files", …), name, hits, size_bytes, detail.
duckdb::TableFunction CacheFunction();

// icefall_clear_cache(): the same for all that was forgotten, one row per database: database,
// entries.
duckdb::TableFunction ClearCacheFunction();

}  // namespace icefall
