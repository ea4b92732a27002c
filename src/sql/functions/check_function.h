// icefall_check(table, data := false, checksums := false): what `icefalldb check` finds, a row per
// finding. Without a table, of everything there is in the current database, or the one that
// `database` names, with the table's name (NULL for what is no table's) as first column.
#pragma once

#include "duckdb/function/function_set.hpp"

namespace icefall {

duckdb::TableFunctionSet CheckFunctions();

}  // namespace icefall
