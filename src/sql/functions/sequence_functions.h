// nextval, currval and txid_current.
#pragma once

#include "duckdb/main/database.hpp"

namespace icefall {

// Puts functions in the place of DuckDB's, which know DuckDB's own databases only: nextval and
// currval, which are handed on where the sequence is in one, and txid_current.
void RegisterSequenceFunctions(duckdb::DatabaseInstance& db);

}  // namespace icefall
