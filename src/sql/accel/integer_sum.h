// Sums of integers that cannot overflow, faster over whole vectors than DuckDB's own.
#pragma once

#include <optional>

#include "duckdb/function/aggregate_function.hpp"

namespace icefall {

// DuckDB's `sum`, which is over SMALLINT, INTEGER, BIGINT or a DECIMAL of these with a result of
// 128 bits; absent for any other.
std::optional<duckdb::AggregateFunction> FasterIntegerSum(const duckdb::AggregateFunction& sum);

}  // namespace icefall
