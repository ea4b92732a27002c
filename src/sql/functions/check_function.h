// icefall_check(table, data := false): what `icefalldb check` finds, a row per finding.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

duckdb::TableFunction CheckFunction();

}  // namespace icefall
