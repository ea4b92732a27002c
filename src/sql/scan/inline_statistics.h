// What is known of a column of inline rows, from the rows themselves.
#pragma once

#include "duckdb/main/client_context.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"

#include "sql/scan/inline_block.h"
#include "table/snapshot.h"

namespace icefall {

// Bounds and NULLs of a top-level field over all inline rows of the snapshot, deleted ones
// included. Null when nothing is known: of types without an order that DuckDB keeps bounds in, and
// of so many rows that looking at them would take longer than planning without.
duckdb::unique_ptr<duckdb::BaseStatistics> InlineStatistics(duckdb::ClientContext& context,
                                                            const Snapshot& snapshot,
                                                            InlineBlockCache& blocks,
                                                            const Field& field,
                                                            const duckdb::LogicalType& type);

}  // namespace icefall
