// Which states an aggregate is made of, and how it follows from them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

namespace icefall {

// Of some of the rows.
struct StateColumn {
  // Without its arguments' signature: "count", "sum", "min", …
  std::string kind;
  duckdb::unique_ptr<duckdb::BoundAggregateExpression> compute;  // over the rows
  // Where DuckDB's answer depends on the order of rows; one from states does not.
  bool is_rounded = false;
};

// An aggregate as a function of states, which come in the order of `states`.
struct StateAnswer {
  std::vector<StateColumn> states;
  duckdb::AggregateFunction merge;  // over the states
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
};

// The same aggregate without its FILTER, as one of what is NULL in the rows that do not pass, which
// aggregates of one argument pass over. As it is where it has none, or other arguments.
duckdb::unique_ptr<duckdb::BoundAggregateExpression> FilterInArgument(
    duckdb::ClientContext& context, const duckdb::BoundAggregateExpression& aggregate);

// Absent when the aggregate does not follow from states of parts.
std::optional<StateAnswer> FindStates(duckdb::ClientContext& context,
                                      const duckdb::BoundAggregateExpression& aggregate);

// States of this kind and type to the one of all their rows; null where there is no such function.
duckdb::unique_ptr<duckdb::BoundAggregateExpression> JoinOfStates(duckdb::ClientContext& context,
                                                                  const std::string& kind,
                                                                  const duckdb::LogicalType& type);

// Whether an aggregate of DISTINCT values of one expression is the same over any rows that have
// these values, in whatever order.
bool IsDistinctAdditive(const duckdb::BoundAggregateExpression& aggregate);

}  // namespace icefall
