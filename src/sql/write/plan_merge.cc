#include <utility>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"

#include "sql/icefall_catalog.h"
#include "sql/icefall_table_entry.h"
#include "sql/write/physical_delete.h"
#include "sql/write/physical_insert.h"
#include "sql/write/physical_merge.h"
#include "sql/write/physical_update.h"
#include "sql/write/plan.h"

namespace icefall {
namespace {

using duckdb::BoundMergeIntoAction;
using duckdb::LogicalMergeInto;
using duckdb::PhysicalOperator;
using duckdb::PhysicalPlanGenerator;

// Plans the actions of one MERGE.
class MergePlan {
 public:
  MergePlan(duckdb::ClientContext& context, PhysicalPlanGenerator& planner, LogicalMergeInto& op)
      : planner_(planner),
        op_(op),
        table_(op.table.Cast<IcefallTableEntry>().shared_from_this()),
        cardinality_(op.EstimateCardinality(context)),
        action_types_(op.types) {
    // The merge itself adds the last column, merge_action.
    if (op.return_chunk) action_types_.pop_back();
  }

  PhysicalOperator& Make(PhysicalOperator& child) {
    PhysicalMergeRows::Actions actions;
    for (auto& [condition, bound_actions] : op_.actions) {
      auto& planned = actions[condition];
      for (auto& action : bound_actions) planned.push_back(PlanAction(*action));
    }
    auto& merge =
        planner_.Make<PhysicalMergeRows>(op_.types, std::move(actions), op_.row_id_start,
                                         op_.source_marker, op_.return_chunk, table_, shared_);
    merge.children.push_back(child);
    if (SmallInput::Is(child)) merge.Cast<PhysicalMergeRows>().ReadInputItself();
    return merge;
  }

 private:
  duckdb::unique_ptr<duckdb::MergeIntoOperator> PlanAction(BoundMergeIntoAction& action) {
    auto result = duckdb::make_uniq<duckdb::MergeIntoOperator>();
    result->action_type = action.action_type;
    result->condition = std::move(action.condition);
    switch (action.action_type) {
      case duckdb::MergeActionType::MERGE_UPDATE:
        result->op = PlanUpdate(action);
        break;
      case duckdb::MergeActionType::MERGE_DELETE:
        result->op =
            planner_.Make<PhysicalDeleteRows>(action_types_, cardinality_, table_, op_.row_id_start,
                                              op_.row_id_start + 1, op_.return_chunk, shared_);
        break;
      case duckdb::MergeActionType::MERGE_INSERT:
        result->op = PlanInsert(action);
        result->expressions = std::move(action.expressions);
        break;
      case duckdb::MergeActionType::MERGE_ERROR:
        result->expressions = std::move(action.expressions);
        break;
      case duckdb::MergeActionType::MERGE_DO_NOTHING:
        break;
    }
    return result;
  }

  PhysicalOperator& PlanUpdate(BoundMergeIntoAction& action) {
    PhysicalUpdateRows::Settings settings;
    settings.table = table_;
    settings.columns = action.columns;
    settings.expressions = std::move(action.expressions);
    settings.defaults = CopyDefaults();
    settings.constraints = CopyConstraints();
    settings.row_id_start = op_.row_id_start;
    settings.returns_rows = op_.return_chunk;
    settings.shared = shared_;
    return planner_.Make<PhysicalUpdateRows>(action_types_, cardinality_, std::move(settings));
  }

  PhysicalOperator& PlanInsert(BoundMergeIntoAction& action) {
    if (!action.column_index_map.empty()) {
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> expressions;
      for (const auto& column : op_.table.GetColumns().Physical()) {
        const auto index = action.column_index_map[column.Physical()];
        expressions.push_back(index == duckdb::DConstants::INVALID_INDEX
                                  ? op_.bound_defaults[column.StorageOid()]->Copy()
                                  : std::move(action.expressions[index]));
      }
      action.expressions = std::move(expressions);
    }
    PhysicalInsertRows::Settings settings;
    settings.table = table_;
    settings.constraints = CopyConstraints();
    settings.parallel = true;
    settings.returns_rows = op_.return_chunk;
    settings.shared = shared_;
    return planner_.Make<PhysicalInsertRows>(action_types_, cardinality_, std::move(settings));
  }

  BoundConstraints CopyConstraints() const {
    BoundConstraints copies;
    for (const auto& constraint : op_.bound_constraints) copies.push_back(constraint->Copy());
    return copies;
  }

  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> CopyDefaults() const {
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> copies;
    for (const auto& value : op_.bound_defaults) copies.push_back(value->Copy());
    return copies;
  }

  PhysicalPlanGenerator& planner_;
  LogicalMergeInto& op_;
  const TableEntryPointer table_;
  const duckdb::idx_t cardinality_;
  duckdb::vector<duckdb::LogicalType> action_types_;
  const std::shared_ptr<SharedStatement> shared_ = std::make_shared<SharedStatement>();
};

}  // namespace

PhysicalOperator& PlanMergeInto(IcefallCatalog&, duckdb::ClientContext& context,
                                PhysicalPlanGenerator& planner, LogicalMergeInto& op,
                                PhysicalOperator& child) {
  return MergePlan(context, planner, op).Make(child);
}

}  // namespace icefall
