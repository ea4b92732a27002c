// What a DELETE need not read.
#pragma once

#include <vector>

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/icefall_table_entry.h"
#include "table/ids.h"

namespace icefall {

// `child` answers the rows that a DELETE is to delete. Takes the files out of its scan of which
// it would answer every row, or none, as far as statistics and partition values prove that; answers
// the former, which the DELETE has to remove itself. Nothing is taken where `child` is more than a
// scan with conditions.
std::vector<FragmentId> TakeWholeFragments(duckdb::ClientContext& context,
                                           duckdb::PhysicalOperator& child,
                                           const IcefallTableEntry& table);

}  // namespace icefall
