// Makes the database of a session visible to its DuckDB instance.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "session/duckdb_result.h"

namespace icefall {

// Finds the database behind the location, resolves names and snapshot (see SessionOptions), then
// attaches it as kDatabaseAlias and makes it the default. Errors: see Session::Open.
Result<void> AttachDatabase(Session::Impl& session);

}  // namespace icefall
