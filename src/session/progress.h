// DuckDB's progress of a statement, as calls of a function.
#pragma once

#include "duckdb/main/connection.hpp"

#include "session/session.h"

namespace icefall {

// From now on statements on the connection report through `function` (see ProgressFunction).
void ShowProgress(duckdb::Connection& connection, const ProgressFunction& function);

}  // namespace icefall
