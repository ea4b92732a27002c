// Garbage collection as part of a statement.
#pragma once

#include "duckdb/main/client_context.hpp"

#include "maintenance/gc.h"
#include "sql/icefall_catalog.h"

namespace icefall {

// The caller's transaction is itself a reader, for which snapshots are retained; one that is only
// this statement's ends early, and is none. Throws the exceptions of sql/errors.h, and
// InterruptException when options.goes_on stopped it.
GcReport CollectGarbageIn(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const ObjectName& table, const GcOptions& options);

// GcReport::retained as LIST(UBIGINT).
duckdb::Value RetainedSnapshots(const GcReport& report);

}  // namespace icefall
