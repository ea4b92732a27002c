// icefall_build_aggregates('table') makes the states that the table's option `aggregates` asks for.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// One row: what sql/accel/build_aggregates.h reports.
duckdb::TableFunction BuildAggregatesFunction();

}  // namespace icefall
