// Aggregate functions that make and merge sketches: states of approximate aggregates, which are the
// same in whatever order and grouping rows are added.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

#include "sql/accel/state_functions.h"

namespace icefall {

// `type` -> BLOB: the registers of DuckDB's own HyperLogLog, by its own hashes.
duckdb::AggregateFunction DistinctSketchState(const duckdb::LogicalType& type);
// The state of the rows that are left, as DoubleSumWithout; absent where a register may be theirs
// no more.
std::optional<std::string> DistinctSketchWithout(const StateDifference& states);
// BLOB -> BIGINT, over states of DistinctSketchState: what approx_count_distinct answers of all the
// rows, since registers are maxima.
duckdb::AggregateFunction MergeDistinctSketches();

// BLOB -> BLOB: the state of all values of states of DistinctSketchState.
duckdb::AggregateFunction JoinDistinctSketches();

// `type` -> BLOB: a QuantileSketch of its finite values as numbers.
duckdb::AggregateFunction QuantileSketchState(const duckdb::LogicalType& type);
// BLOB -> `result`, over states of QuantileSketchState; a list of quantiles where it is a list.
// NULL without values.
duckdb::AggregateFunction MergeQuantileSketches(const duckdb::LogicalType& result);
// BLOB -> BLOB: the state of all values of states of QuantileSketchState.
duckdb::AggregateFunction JoinQuantileSketches();
// Bind data of MergeQuantileSketches, of an approx_quantile. Null where its values are no numbers,
// as TIME WITH TIME ZONE.
duckdb::unique_ptr<duckdb::FunctionData> QuantilesOf(
    const duckdb::BoundAggregateExpression& aggregate);

// Has an approx_quantile make and answer a sketch without states; leaves others as they are.
void UseQuantileSketch(duckdb::BoundAggregateExpression& aggregate);

}  // namespace icefall
