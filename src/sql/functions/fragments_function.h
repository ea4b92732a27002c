// icefall_fragments(table): the data files of a table, and its inline rows, as the transaction
// sees them.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

duckdb::TableFunction FragmentsFunction();

}  // namespace icefall
