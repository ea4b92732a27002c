// icefall_snapshots(table): the commits of a table that a reader can travel to, oldest first.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

duckdb::TableFunction SnapshotsFunction();

}  // namespace icefall
