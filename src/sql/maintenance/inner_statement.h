// A statement that a function runs.
#pragma once

#include "duckdb/main/connection.hpp"
#include "duckdb/main/pending_query_result.hpp"

#include "sql/maintenance/rewrite_rows.h"

namespace icefall {

// Runs tasks of `pending`, a statement of `connection`, until it has a result or an error, on as
// many threads as other statements have, though the function takes one and its caller waits.
// Throws what the tasks throw, an error of kind INTERRUPT when cancelled.
void RunInnerStatement(duckdb::Connection& connection, duckdb::PendingQueryResult& pending,
                       const RewriteProgress& progress);

}  // namespace icefall
