// Answers a grouped aggregate from few rows of states.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

#include "sql/accel/unit_aggregate.h"

namespace icefall {

// In the place of DuckDB's own aggregate, which clears a hash table of the size of its cache for
// each thread, whether or not there are more groups than a few. Immutable.
class FinalGroups {
 public:
  using Expressions = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;

  // `groups`: as BoundReferenceExpression has columns of states. `aggregates`: as
  // BoundColumnRefExpression has them, without DISTINCT and FILTER.
  FinalGroups(Expressions groups, const Expressions& aggregates);

  // Of groups, then aggregates.
  const duckdb::vector<duckdb::LogicalType>& types() const { return computed_.types; }
  // `state_types`: of the columns that `parts` answer; each of which is a list of parts.
  StateRowsPointer Compute(duckdb::ClientContext& context,
                           const duckdb::vector<duckdb::LogicalType>& state_types,
                           std::initializer_list<std::span<const StatePart>> parts) const;
  // The aggregates, a line each.
  const std::string& text() const { return text_; }

 private:
  const Expressions groups_;
  std::vector<size_t> arguments_;  // columns of states
  RowAggregates computed_;         // of groups, then arguments
  std::string text_;
};

}  // namespace icefall
