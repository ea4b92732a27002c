#include "sql/accel/one_row_distinct.h"

#include <utility>

#include "sql/plan_facts.h"

namespace icefall {

void RemoveOneRowDistinct(duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  for (auto& child : plan->children) RemoveOneRowDistinct(child);
  if (plan->type != duckdb::LogicalOperatorType::LOGICAL_DISTINCT) return;
  auto& input = plan->children[0];
  if (RowCountMax(*input).value_or(UINT64_MAX) <= 1) plan = std::move(input);
}

}  // namespace icefall
