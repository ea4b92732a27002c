// `icefall_requests()`: what each attached database has asked of its store over the network.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// Columns database, reads, lists, writes (counts since it was attached, repeated requests
// included); a row for each database whose store is reached by requests.
duckdb::TableFunction RequestsFunction();

}  // namespace icefall
