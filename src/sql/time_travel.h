// Which snapshot an AT clause or an ATTACH option means.
#pragma once

#include <string_view>

#include "duckdb/common/types/value.hpp"
#include "duckdb/planner/tableref/bound_at_clause.hpp"

#include "base/clock.h"
#include "table/snapshot.h"

namespace icefall {

class IcefallTransaction;

// AT (VERSION => n): commit n of the table. AT (TIMESTAMP => t): the newest commit not after t.
// Throws BinderException for another unit or a value that is no number or time.
SnapshotPointer SnapshotAt(IcefallTransaction& transaction, std::string_view table_uuid,
                           const duckdb::BoundAtClause& at);

// A point in time; values without a time zone are UTC. Throws InvalidInputException.
TimestampMicros ParseTime(const duckdb::Value& value);

}  // namespace icefall
