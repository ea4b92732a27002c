#include "sql/accel/one_row_distinct.h"

#include <utility>

#include "duckdb/planner/operator/logical_expression_get.hpp"

namespace icefall {
namespace {

bool HasOneRowAtMost(const duckdb::LogicalOperator& op) {
  switch (op.type) {
    case duckdb::LogicalOperatorType::LOGICAL_DUMMY_SCAN:
    case duckdb::LogicalOperatorType::LOGICAL_EMPTY_RESULT:
      return true;
    case duckdb::LogicalOperatorType::LOGICAL_EXPRESSION_GET:
      return op.Cast<duckdb::LogicalExpressionGet>().expressions.size() <= 1 &&
             HasOneRowAtMost(*op.children[0]);
    case duckdb::LogicalOperatorType::LOGICAL_PROJECTION:
    case duckdb::LogicalOperatorType::LOGICAL_FILTER:
    case duckdb::LogicalOperatorType::LOGICAL_DISTINCT:
    case duckdb::LogicalOperatorType::LOGICAL_ORDER_BY:
    case duckdb::LogicalOperatorType::LOGICAL_LIMIT:
    case duckdb::LogicalOperatorType::LOGICAL_TOP_N:
      return HasOneRowAtMost(*op.children[0]);
    default:
      return false;
  }
}

}  // namespace

void RemoveOneRowDistinct(duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  for (auto& child : plan->children) RemoveOneRowDistinct(child);
  if (plan->type != duckdb::LogicalOperatorType::LOGICAL_DISTINCT) return;
  auto& input = plan->children[0];
  if (HasOneRowAtMost(*input)) plan = std::move(input);
}

}  // namespace icefall
