// Aggregates over joins of a large table with small ones, from states of the large table.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"

namespace icefall {

// Rewrites an aggregate over one table, and what is below it: why not, and the plan is as it was;
// absent when groups and expressions come from states now, as functions that merge them.
using RewriteOverTable = std::function<std::optional<std::string>(duckdb::LogicalAggregate&)>;

// Rewrites an aggregate over joins of which one table has all that it aggregates. States of that
// table by what the joins compare, and by its group keys, take the place of its rows: each meets
// the rows of the other tables that its rows would, as often, and merging the states comes to the
// same. Answers as `rewrite`, which it calls.
std::optional<std::string> RewriteOverJoin(duckdb::OptimizerExtensionInput& input,
                                           duckdb::LogicalAggregate& aggregate,
                                           const RewriteOverTable& rewrite);

}  // namespace icefall
