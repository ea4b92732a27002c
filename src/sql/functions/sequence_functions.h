// nextval and currval.
#pragma once

#include "duckdb/main/database.hpp"

namespace icefall {

// Puts functions in the place of DuckDB's nextval and currval, which can count in DuckDB's own
// databases only; sequences of these are handed on to them.
void RegisterSequenceFunctions(duckdb::DatabaseInstance& db);

}  // namespace icefall
