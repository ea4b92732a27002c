// The storage extension: `ATTACH 'dir' AS my (TYPE icefall)`.
#pragma once

#include "duckdb/main/database.hpp"

namespace icefall {

// Adds the storage type "icefall", the settings `icefall_*` and the table functions `icefall_*` to
// a DuckDB instance. Once per instance, before the first ATTACH.
void RegisterIcefall(duckdb::DatabaseInstance& db);

}  // namespace icefall
