// Aggregate functions that make and merge states: what an aggregate knows of some of the rows, in a
// form that can be kept and added to what it knows of others.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "duckdb/function/aggregate_function.hpp"

namespace icefall {

// DOUBLE -> BLOB: an exact sum and the count of values.
duckdb::AggregateFunction DoubleSumState();
// DOUBLE -> BLOB: the same, and the exact sum of squares.
duckdb::AggregateFunction DoubleMomentsState();

// States that come to one, and one of values that are among theirs, as bytes.
struct StateDifference {
  std::span<const std::string> all;
  std::string_view removed;
};
// The state of the values that are left, of DoubleSumState or DoubleMomentsState. Absent where
// there are none, or states do not tell.
std::optional<std::string> DoubleSumWithout(const StateDifference& states);
std::optional<std::string> DoubleMomentsWithout(const StateDifference& states);

// BLOB -> DOUBLE, over states of DoubleSumState. `name`: "sum" or "avg"; NULL without values.
duckdb::AggregateFunction MergeDoubleSums(const std::string& name);
// BLOB -> DOUBLE, over states of DoubleMomentsState. `name`: as IsVariance knows it. NULL where
// DuckDB answers it; throws OutOfRangeException where the answer is not finite.
duckdb::AggregateFunction MergeDoubleMoments(const std::string& name);
bool IsVariance(const std::string& name);

// BLOB -> BLOB, over states of DoubleSumState or DoubleMomentsState: the state of all their values.
duckdb::AggregateFunction JoinDoubleSums();
duckdb::AggregateFunction JoinDoubleMoments();

// BIGINT -> BIGINT: the sum of counts, 0 without rows.
duckdb::AggregateFunction MergeCounts();
// (HUGEINT or DECIMAL(38, s), BIGINT) -> DOUBLE: sums and counts to what DuckDB's avg answers.
// `is_short`: of SMALLINT, where it divides with the precision of DOUBLE.
duckdb::AggregateFunction MergeAverages(const duckdb::LogicalType& sum_type, bool is_short);
// That function's bind data: for sums of this type.
duckdb::unique_ptr<duckdb::FunctionData> AverageScale(const duckdb::LogicalType& sum_type);

}  // namespace icefall
