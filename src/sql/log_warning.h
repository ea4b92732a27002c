// What failed, and left everything as it was.
#pragma once

#include <string>

#include "duckdb/main/database.hpp"

namespace icefall {

// Into DuckDB's log, with the type `icefall`, where that is switched on.
void LogWarning(duckdb::DatabaseInstance& instance, const std::string& message);

}  // namespace icefall
