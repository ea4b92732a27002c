// What a MERGE does with the rows of one branch, for tables of every kind.
#pragma once

#include <functional>

#include "duckdb/execution/operator/persistent/physical_merge_into.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"

namespace icefall {

// Makes the operators that write, of one kind of table.
struct MergeWriters {
  using Make = std::function<duckdb::PhysicalOperator&(duckdb::BoundMergeIntoAction&)>;
  Make update;
  Make remove;
  Make insert;  // the action has an expression for each stored column then
};

using MergeActions = duckdb::map<duckdb::MergeActionCondition,
                                 duckdb::vector<duckdb::unique_ptr<duckdb::MergeIntoOperator>>>;

// All actions of `merge`, whose conditions and expressions it takes.
MergeActions PlanMergeActions(duckdb::LogicalMergeInto& merge, const MergeWriters& writers);

}  // namespace icefall
