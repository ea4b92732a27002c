// Conditions of a change that name its rows by a key.
#pragma once

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

class IcefallTableEntry;

// Whether the rows are selected by values for all columns of one key of `table`, with other
// conditions perhaps. `op` is what the change reads.
bool SelectsByKey(const duckdb::LogicalOperator& op, const IcefallTableEntry& table);

// Puts the filter of such rows into their scan, as DuckDB's filter pushdown would do. False, and
// nothing is done, where a condition is more than a column that equals a value.
bool PushKeyConditions(duckdb::ClientContext& context,
                       duckdb::unique_ptr<duckdb::LogicalOperator>& op);

}  // namespace icefall
