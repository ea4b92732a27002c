// The table functions that look into a database: icefall_snapshots, icefall_fragments,
// icefall_changes.
#pragma once

namespace duckdb {
class DatabaseInstance;
}

namespace icefall {

// Adds all of them to the system catalog; existing ones of the same name are replaced.
void RegisterTableFunctions(duckdb::DatabaseInstance& db);

}  // namespace icefall
