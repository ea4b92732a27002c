#include "sql/write/small_plan.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "duckdb/optimizer/filter_pushdown.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/optimizer/remove_unused_columns.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"
#include "duckdb/planner/operator/logical_update.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/logical_small_plan.h"
#include "sql/plan_facts.h"
#include "sql/write/key_join.h"

namespace icefall {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

// Of more rows the passes that are left out may be worth their time.
constexpr uint64_t kRowCountMax = 16;

const IcefallTableEntry* ChangedTable(const LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_INSERT:
      return dynamic_cast<const IcefallTableEntry*>(&plan.Cast<duckdb::LogicalInsert>().table);
    case LogicalOperatorType::LOGICAL_MERGE_INTO:
      return dynamic_cast<const IcefallTableEntry*>(&plan.Cast<duckdb::LogicalMergeInto>().table);
    case LogicalOperatorType::LOGICAL_UPDATE:
      return dynamic_cast<const IcefallTableEntry*>(&plan.Cast<duckdb::LogicalUpdate>().table);
    case LogicalOperatorType::LOGICAL_DELETE:
      return dynamic_cast<const IcefallTableEntry*>(&plan.Cast<duckdb::LogicalDelete>().table);
    default:
      return nullptr;
  }
}

// Nothing below is read from anywhere, so that there is nothing to choose.
bool StatesItsRows(const LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_DUMMY_SCAN:
    case LogicalOperatorType::LOGICAL_CHUNK_GET:
      return true;
    case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
    case LogicalOperatorType::LOGICAL_PROJECTION:
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return StatesItsRows(*op.children[0]);
    default:
      return false;
  }
}

bool StatesFewRows(const LogicalOperator& op) {
  return StatesItsRows(op) && RowCountMax(op).value_or(UINT64_MAX) <= kRowCountMax;
}

// The field of the table that has to equal a constant; absent when it says anything else.
std::optional<FieldId> FieldOfEquality(const duckdb::Expression& expression,
                                       const duckdb::LogicalGet& get,
                                       const IcefallTableEntry& table) {
  if (expression.GetExpressionType() != duckdb::ExpressionType::COMPARE_EQUAL) return std::nullopt;
  const auto& comparison = expression.Cast<duckdb::BoundComparisonExpression>();
  const auto* column = comparison.left.get();
  const auto* value = comparison.right.get();
  if (!value->IsFoldable()) std::swap(column, value);
  if (!value->IsFoldable()) return std::nullopt;
  if (column->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return {};
  const auto& binding = column->Cast<duckdb::BoundColumnRefExpression>().binding;
  const auto& id = get.GetColumnIds()[binding.column_index];
  if (id.IsVirtualColumn()) return std::nullopt;
  return table.table_schema().fields[id.GetPrimaryIndex()].id;
}

// The rows of one key of `table`.
bool SelectsByKey(const LogicalOperator& op, const IcefallTableEntry& table) {
  if (op.type == LogicalOperatorType::LOGICAL_PROJECTION) {
    return SelectsByKey(*op.children[0], table);
  }
  if (op.type != LogicalOperatorType::LOGICAL_FILTER) return false;
  if (!IsScanOf(*op.children[0], table)) return false;
  const auto& get = op.children[0]->Cast<duckdb::LogicalGet>();
  std::vector<FieldId> fields;
  for (const auto& each : op.expressions) {
    if (const auto field = FieldOfEquality(*each, get, table)) fields.push_back(*field);
  }
  return std::ranges::any_of(table.table_schema().constraints, [&](const auto& constraint) {
    return IsUnique(constraint.kind) &&
           std::ranges::all_of(constraint.fields, [&](const FieldId field) {
             return std::ranges::find(fields, field) != fields.end();
           });
  });
}

bool IsSmall(LogicalOperator& plan, const IcefallTableEntry& table) {
  const auto& input = *plan.children[0];
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_INSERT:
      return StatesFewRows(input);
    case LogicalOperatorType::LOGICAL_MERGE_INTO: {
      const auto* source = SourceOfKeyJoin(plan);
      return source != nullptr && StatesFewRows(*source);
    }
    default:
      return SelectsByKey(input, table);
  }
}

}  // namespace

void OptimizeSmallPlan(duckdb::OptimizerExtensionInput& input,
                       duckdb::unique_ptr<LogicalOperator>& plan) {
  const bool is_below = plan->type == LogicalOperatorType::LOGICAL_EXPLAIN ||
                        plan->type == LogicalOperatorType::LOGICAL_PROJECTION;  // of RETURNING
  if (is_below) {
    return OptimizeSmallPlan(input, plan->children[0]);
  }
  const auto* table = ChangedTable(*plan);
  if (table == nullptr || plan->children.empty() || !IsSmall(*plan, *table)) return;
  using duckdb::OptimizerType;
  for (const auto pass : {OptimizerType::FILTER_PUSHDOWN, OptimizerType::UNUSED_COLUMNS}) {
    if (input.optimizer.OptimizerDisabled(pass)) return;
  }
  plan = duckdb::FilterPushdown(input.optimizer).Rewrite(std::move(plan));
  duckdb::RemoveUnusedColumns(input.optimizer).VisitOperator(*plan);
  UseKeyJoin(*plan);
  plan = duckdb::make_uniq<LogicalSmallPlan>(std::move(plan));
}

}  // namespace icefall
