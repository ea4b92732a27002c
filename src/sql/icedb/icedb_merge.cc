// MERGE INTO: DuckDB's own operator sends every row to the operator of its action; all of them work
// on one statement.
#include <utility>

#include "duckdb/execution/operator/persistent/physical_merge_into.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"

#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"
#include "sql/icedb/icedb_write_operators.h"
#include "sql/icedb/icedb_writes.h"

namespace icefall {
namespace {

using Actions = duckdb::map<duckdb::MergeActionCondition,
                            duckdb::vector<duckdb::unique_ptr<duckdb::MergeIntoOperator>>>;

class IcedbMerge : public duckdb::PhysicalMergeInto {
 public:
  // `settings.shared` is what the operators of `actions` were made with.
  IcedbMerge(duckdb::PhysicalPlan& plan, const duckdb::LogicalMergeInto& op, Actions actions,
             IcedbWrite::Settings settings)
      : PhysicalMergeInto(plan, op.types, std::move(actions), op.row_id_start, op.source_marker,
                          /*parallel_p=*/false, op.return_chunk),
        settings_(std::move(settings)) {}

  duckdb::string GetName() const override { return "ICEDB_MERGE"; }

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override {
    settings_.shared->current = std::make_shared<IcedbStatement>(context, *settings_.catalog,
                                                                 settings_.table, "merge into");
    return PhysicalMergeInto::GetGlobalSinkState(context);
  }

  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    const auto result = PhysicalMergeInto::Finalize(pipeline, event, context, input);
    std::exchange(settings_.shared->current, nullptr)->Apply();
    return result;
  }

 private:
  const IcedbWrite::Settings settings_;
};

// Plans the actions of one MERGE.
class MergePlan {
 public:
  MergePlan(IcedbCatalog& catalog, duckdb::ClientContext& context,
            duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalMergeInto& op)
      : planner_(planner),
        op_(op),
        cardinality_(op.EstimateCardinality(context)),
        types_(op.types),
        settings_{&catalog, op.table.Cast<IcedbTableEntry>().shared_from_this(), op.return_chunk,
                  std::make_shared<SharedIcedbStatement>()} {
    // The merge itself adds the last column, merge_action.
    if (op.return_chunk) types_.pop_back();
  }

  duckdb::PhysicalOperator& Make(duckdb::PhysicalOperator& child) {
    Actions actions;
    for (auto& [condition, bound_actions] : op_.actions) {
      auto& planned = actions[condition];
      for (auto& action : bound_actions) planned.push_back(PlanAction(*action));
    }
    auto& merge = planner_.Make<IcedbMerge>(op_, std::move(actions), settings_);
    merge.children.push_back(child);
    return merge;
  }

 private:
  duckdb::unique_ptr<duckdb::MergeIntoOperator> PlanAction(duckdb::BoundMergeIntoAction& action) {
    auto result = duckdb::make_uniq<duckdb::MergeIntoOperator>();
    result->action_type = action.action_type;
    result->condition = std::move(action.condition);
    switch (action.action_type) {
      case duckdb::MergeActionType::MERGE_UPDATE:
        result->op = PlanChange(UpdatedValues(op_.table, action.columns, action.expressions));
        break;
      case duckdb::MergeActionType::MERGE_DELETE:
        result->op = PlanChange({});
        break;
      case duckdb::MergeActionType::MERGE_INSERT:
        ArrangeByColumn(action);
        result->op = planner_.Make<IcedbInsert>(types_, cardinality_, settings_, nullptr);
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

  duckdb::PhysicalOperator& PlanChange(std::vector<std::optional<size_t>> values) {
    // In the order of GetRowIdColumns.
    return planner_.Make<IcedbChange>(
        types_, cardinality_, settings_,
        IcedbChange::Columns{std::move(values), op_.row_id_start, op_.row_id_start + 1});
  }

  // An expression for each column of the table.
  void ArrangeByColumn(duckdb::BoundMergeIntoAction& action) {
    if (action.column_index_map.empty()) return;
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> expressions;
    for (const auto& column : op_.table.GetColumns().Physical()) {
      const auto index = action.column_index_map[column.Physical()];
      expressions.push_back(index == duckdb::DConstants::INVALID_INDEX
                                ? op_.bound_defaults[column.StorageOid()]->Copy()
                                : std::move(action.expressions[index]));
    }
    action.expressions = std::move(expressions);
  }

  duckdb::PhysicalPlanGenerator& planner_;
  duckdb::LogicalMergeInto& op_;
  const duckdb::idx_t cardinality_;
  duckdb::vector<duckdb::LogicalType> types_;
  const IcedbWrite::Settings settings_;
};

}  // namespace

duckdb::PhysicalOperator& PlanIcedbMerge(IcedbCatalog& catalog, duckdb::ClientContext& context,
                                         duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalMergeInto& op,
                                         duckdb::PhysicalOperator& child) {
  return MergePlan(catalog, context, planner, op).Make(child);
}

}  // namespace icefall
