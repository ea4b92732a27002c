// `icefall_requests()`: what each database has asked of its store over the network.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// Columns database, reads, lists, writes (counts since it was opened, repeated requests included);
// a row for each attached database whose store is reached by requests, and one, with its location,
// for each icedb table that is open but not attached. Its function_info has to be the IcedbTables.
duckdb::TableFunction RequestsFunction();

}  // namespace icefall
