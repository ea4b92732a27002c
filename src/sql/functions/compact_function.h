// CALL icefall_compact('table')
#pragma once

#include "duckdb/function/table_function.hpp"

#include "sql/maintenance/compact.h"

namespace icefall {

// The names of CompactRow's values, all UBIGINT.
duckdb::vector<duckdb::string> CompactColumnNames();
duckdb::vector<duckdb::Value> CompactRow(const CompactReport& report);

// One row: files, rows and bytes of the table before and after.
duckdb::TableFunction CompactFunction();

}  // namespace icefall
