// Restricting statements to some tables of a database.
#pragma once

#include <string>

#include "base/result.h"
#include "session/duckdb_result.h"

namespace icefall {

// Refuses a statement that names a table or view of the database outside SessionOptions::tables.
// Error: kNotFound naming the table and those that are visible.
Result<void> CheckVisibleTables(Session::Impl& session, const std::string& statement);

}  // namespace icefall
