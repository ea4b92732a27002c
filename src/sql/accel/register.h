// Makes the accelerators known to a DuckDB instance: settings, and rules of the optimizer.
#pragma once

#include "duckdb/main/database.hpp"

namespace icefall {

void RegisterAccelerators(duckdb::DatabaseInstance& db);

}  // namespace icefall
