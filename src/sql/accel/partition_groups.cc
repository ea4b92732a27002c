#include "sql/accel/partition_groups.h"

#include <algorithm>
#include <optional>

#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"

#include "sql/scan/fragment_list.h"
#include "sql/scan/one_value_files.h"
#include "sql/scan/table_scan.h"

namespace icefall {
namespace {

using duckdb::LogicalOperatorType;

// What DuckDB groups by partitions.
bool MayBeGrouped(const duckdb::LogicalAggregate& aggregate) {
  return !aggregate.groups.empty() && aggregate.grouping_sets.size() <= 1 &&
         aggregate.grouping_functions.empty() &&
         std::ranges::none_of(aggregate.expressions, [](const auto& expression) {
           return expression->template Cast<duckdb::BoundAggregateExpression>().IsDistinct();
         });
}

// The column of the table that the expression above `op` names; absent for anything else.
std::optional<duckdb::column_t> ColumnOf(const duckdb::LogicalOperator& op,
                                         const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
    return std::nullopt;
  }
  const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_FILTER:
      return ColumnOf(*op.children[0], expression);
    case LogicalOperatorType::LOGICAL_PROJECTION:
      return ColumnOf(*op.children[0], *op.expressions[binding.column_index]);
    case LogicalOperatorType::LOGICAL_GET: {
      const auto& column = op.Cast<duckdb::LogicalGet>().GetColumnIds()[binding.column_index];
      return column.HasChildren() ? std::nullopt : std::optional(column.GetPrimaryIndex());
    }
    default:
      return std::nullopt;
  }
}

duckdb::LogicalGet* ScanBelow(duckdb::LogicalOperator& op) {
  auto* below = &op;
  while (below->type == LogicalOperatorType::LOGICAL_FILTER ||
         below->type == LogicalOperatorType::LOGICAL_PROJECTION) {
    below = below->children[0].get();
  }
  return below->type == LogicalOperatorType::LOGICAL_GET ? &below->Cast<duckdb::LogicalGet>()
                                                         : nullptr;
}

void KeepGroups(duckdb::ClientContext& context, duckdb::LogicalAggregate& aggregate) {
  auto& input = *aggregate.children[0];
  auto* get = ScanBelow(input);
  const auto* list = get == nullptr ? nullptr : FragmentList::Of(get->bind_data.get());
  if (list == nullptr) return;
  duckdb::vector<duckdb::column_t> columns;
  for (const auto& group : aggregate.groups) {
    const auto column = ColumnOf(input, *group);
    if (!column) return;
    columns.push_back(*column);
  }
  if (HaveOneValue(context, *list, columns)) WithholdPartitionStatistics(*get);
}

}  // namespace

void KeepPartitionGroups(duckdb::ClientContext& context, duckdb::LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
    auto& aggregate = plan.Cast<duckdb::LogicalAggregate>();
    if (MayBeGrouped(aggregate)) KeepGroups(context, aggregate);
  }
  for (auto& child : plan.children) KeepPartitionGroups(context, *child);
}

}  // namespace icefall
