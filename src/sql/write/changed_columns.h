// Which columns an UPDATE may change.
#pragma once

#include <vector>

#include "sql/write/physical_update.h"

namespace icefall {

// By stored column: the update, or the UPDATE action of a MERGE, whose input `child` answers may
// give it another value. Others are set to what the row has.
std::vector<bool> ChangedColumns(const PhysicalUpdateRows::Settings& settings,
                                 const duckdb::PhysicalOperator& child);

}  // namespace icefall
