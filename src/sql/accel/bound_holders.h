// Which rows of a data file hold the smallest and the largest value of a column, so that deleting
// others leaves the bounds exact.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "sql/accel/live_extremes.h"
#include "sql/icefall_table_entry.h"
#include "table/fragment.h"

namespace icefall {

// Positions in one file.
struct BoundHolders {
  std::vector<uint64_t> lower;   // some of them when there are many
  std::vector<uint64_t> upper;   // as lower
  LiveExtremesPointer extremes;  // what comes behind the bounds; null: was not looked for yet
};

using BoundHoldersPointer = std::shared_ptr<const BoundHolders>;

// Reads the row groups of a file, deleted rows too, that can have the bounds that its statistics
// have, and remembers what it finds. `column`: position in the schema's fields. Null where there
// are none. Throws DuckDB's exceptions.
BoundHoldersPointer FindBoundHolders(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                     const FragmentPointer& fragment, size_t column);

// Of a column of which some rows are being deleted from the fragment as it is: the statistics that
// it has afterwards. A bound stays exact only where `holders`, which may be null, has a row of it
// and `deleted` has none: another change may delete others.
ColumnStatistics StatisticsWithout(const ColumnStatistics& before, const BoundHolders* holders,
                                   const DeletionVector& deleted);

}  // namespace icefall
