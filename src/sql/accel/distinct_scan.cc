#include "sql/accel/distinct_scan.h"

#include <algorithm>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"

#include "sql/accel/scan_path.h"

namespace icefall {
namespace {

bool IsColumnOf(const ScanPath& path, const duckdb::Expression& expression) {
  const auto column = path.OverScan(expression);
  return column->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
         path.FieldOf(column->Cast<duckdb::BoundColumnRefExpression>()) != nullptr;
}

bool IgnoresRepetitions(const ScanPath& path, const duckdb::Expression& expression) {
  const auto& aggregate = expression.Cast<duckdb::BoundAggregateExpression>();
  const auto& name = aggregate.function.name;
  const bool ignores = aggregate.IsDistinct() || name == "min" || name == "max";
  return ignores && !aggregate.filter && !aggregate.order_bys && aggregate.children.size() == 1 &&
         IsColumnOf(path, *aggregate.children.front());
}

void Mark(duckdb::LogicalAggregate& aggregate) {
  const auto path = ScanPath::Find(*aggregate.children.front());
  if (!path || !path->Conditions().empty() || path->get().GetColumnIds().size() != 1) return;
  const auto& groups = aggregate.groups;
  const bool is_grouped =
      groups.size() == 1 && aggregate.expressions.empty() && aggregate.grouping_sets.size() <= 1;
  if (!is_grouped && (!groups.empty() || aggregate.expressions.empty())) return;
  if (is_grouped && !IsColumnOf(*path, *groups.front())) return;
  if (!std::ranges::all_of(aggregate.expressions, [&](const auto& expression) {
        return IgnoresRepetitions(*path, *expression);
      })) {
    return;
  }
  path->get().bind_data->Cast<duckdb::MultiFileBindData>().file_list = path->list().Distinct();
}

}  // namespace

void MarkDistinctScans(duckdb::LogicalOperator& plan) {
  if (plan.type == duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
    Mark(plan.Cast<duckdb::LogicalAggregate>());
  }
  for (const auto& child : plan.children) MarkDistinctScans(*child);
}

}  // namespace icefall
