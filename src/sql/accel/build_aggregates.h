// States of the aggregates that tables declare, made without a query that asks for them.
#pragma once

#include <cstdint>
#include <string>

#include "duckdb/main/client_context.hpp"

#include "sql/maintenance/rewrite_rows.h"
#include "table/snapshot.h"

namespace icefall {

class IcefallCatalog;

struct BuildAggregatesReport {
  uint64_t declarations = 0;
  uint64_t kept_units = 0;      // of all declarations, found as they should be
  uint64_t computed_units = 0;  // were not there
  uint64_t file_bytes = 0;      // of the table's state files now
};

// Makes the states that the table's option asks for, of its newest state, where they are not there,
// and writes them; the settings icefall_partial_*_mib of `context` hold. Queries that run at the
// same time count in the report. Throws DuckDB's exceptions, InterruptException when cancelled.
BuildAggregatesReport BuildAggregates(duckdb::ClientContext& context, IcefallCatalog& catalog,
                                      const std::string& table_uuid, RewriteProgress& progress);

// The same after a commit that led to `snapshot`, where that added 10,000 rows or more in data
// files. What fails is made by the next call; DuckDB's log has a warning of type `icefall`.
void BuildAggregatesAfterCommit(duckdb::ClientContext& context, IcefallCatalog& catalog,
                                const Snapshot& snapshot);

}  // namespace icefall
