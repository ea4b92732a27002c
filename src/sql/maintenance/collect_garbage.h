// Garbage collection as part of a statement.
#pragma once

#include "duckdb/main/client_context.hpp"

#include "maintenance/gc.h"
#include "sql/icefall_catalog.h"
#include "sql/maintenance/rewrite_rows.h"

namespace icefall {

// The caller's transaction is itself a reader, for which snapshots are retained; one that is only
// this statement's ends early, and is none. `progress` counts files, takes the place of
// options.goes_on, and stops it (ThrowStopped). Throws the exceptions of sql/errors.h.
GcReport CollectGarbageIn(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const ObjectName& table, GcOptions options, RewriteProgress& progress);

// GcReport::retained as LIST(UBIGINT).
duckdb::Value RetainedSnapshots(const GcReport& report);

}  // namespace icefall
