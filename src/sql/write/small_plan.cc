#include "sql/write/small_plan.h"

#include <algorithm>
#include <utility>

#include "duckdb/optimizer/filter_pushdown.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/optimizer/remove_unused_columns.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_update.hpp"

#include "sql/accel/one_row_distinct.h"
#include "sql/accel/statement_facts.h"
#include "sql/icefall_table_entry.h"
#include "sql/logical_small_plan.h"
#include "sql/plan_facts.h"
#include "sql/write/delete_columns.h"
#include "sql/write/key_conditions.h"
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

// One row of VALUES becomes a projection of nothing: a list of rows is planned as a scan of a
// collection, which is made with room for thousands.
void ProjectStatedRow(duckdb::unique_ptr<LogicalOperator>& op) {
  if (op->children.size() != 1) return;
  if (op->type != LogicalOperatorType::LOGICAL_EXPRESSION_GET) {
    return ProjectStatedRow(op->children[0]);
  }
  auto& list = op->Cast<duckdb::LogicalExpressionGet>();
  if (list.expressions.size() != 1) return;
  auto row = duckdb::make_uniq<duckdb::LogicalProjection>(list.table_index,
                                                          std::move(list.expressions[0]));
  row->children = std::move(list.children);
  op = std::move(row);
}

// Puts a change of stated rows, or of a key, in the shape in which it is executed. False: it is as
// it was, and its conditions need DuckDB's passes.
bool ShapeSmallPlan(duckdb::ClientContext& context, LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_INSERT:
      ProjectStatedRow(plan.children[0]);
      return true;
    case LogicalOperatorType::LOGICAL_MERGE_INTO:
      UseKeyJoin(plan);
      ProjectStatedRow(plan.children[0]);
      return true;
    default:
      return PushKeyConditions(context, plan.children[0]);
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
  if (!MayOptimizeSmallPlan(input.context)) return;
  if (!ShapeSmallPlan(input.context, *plan)) {
    plan = duckdb::FilterPushdown(input.optimizer).Rewrite(std::move(plan));
    duckdb::RemoveUnusedColumns(input.optimizer).VisitOperator(*plan);
  }
  plan = duckdb::make_uniq<LogicalSmallPlan>(std::move(plan));
}

void PlanSmallStatement(duckdb::PlannerExtensionInput& input, duckdb::BoundStatement& statement) {
  auto& context = input.context;
  auto& plan = statement.plan;
  const auto* table = plan == nullptr ? nullptr : ChangedTable(*plan);
  if (table == nullptr || plan->children.empty()) return;
  if (!MayBecomeSmallPlan(input)) return;
  RemoveOneRowDistinct(plan);
  DropUnusedRowIds(*plan);
  if (!IsSmall(*plan, *table)) return;
  if (auto* watch = StatementWatch::Current()) watch->See(context, plan);
  if (ChangedTable(*plan) == nullptr || !ShapeSmallPlan(context, *plan)) return;
  plan = duckdb::make_uniq<LogicalSmallPlan>(std::move(plan));
}

}  // namespace icefall
