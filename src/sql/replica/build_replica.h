// Writing the replica of one data file.
#pragma once

#include <string>

#include "duckdb/main/connection.hpp"

#include "sql/maintenance/rewrite_rows.h"
#include "table/ids.h"

namespace icefall {

class IcefallCatalog;

// Copies all rows of the fragment, in their order, into a new file, which is then renamed into its
// place. In a transaction of its own; false when the table has no such fragment any more. Throws
// DuckDB's exceptions, and then nothing is left of it; InterruptException when cancelled.
bool BuildReplica(duckdb::DatabaseInstance& instance, IcefallCatalog& catalog,
                  const std::string& table_uuid, FragmentId fragment, RewriteProgress& progress);

}  // namespace icefall
