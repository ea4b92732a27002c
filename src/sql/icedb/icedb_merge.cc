// MERGE INTO: DuckDB's own operator sends every row to the operator of its action; all of them work
// on one statement.
#include <utility>

#include "duckdb/execution/physical_plan_generator.hpp"

#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"
#include "sql/icedb/icedb_write_operators.h"
#include "sql/icedb/icedb_writes.h"
#include "sql/merge_action.h"

namespace icefall {
namespace {

class IcedbMerge : public duckdb::PhysicalMergeInto {
 public:
  // `settings.shared` is what the operators of `actions` were made with.
  IcedbMerge(duckdb::PhysicalPlan& plan, const duckdb::LogicalMergeInto& op, MergeActions actions,
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
    auto& merge = planner_.Make<IcedbMerge>(op_, PlanActions(), settings_);
    merge.children.push_back(child);
    return merge;
  }

 private:
  MergeActions PlanActions() {
    using Action = duckdb::BoundMergeIntoAction;
    using Operator = duckdb::PhysicalOperator;
    return PlanMergeActions(
        op_, {.update = [this](Action& update) -> Operator& {
                return PlanChange(UpdatedValues(op_.table, update.columns, update.expressions));
              },
              .remove = [this](Action&) -> Operator& { return PlanChange({}); },
              .insert = [this](Action&) -> Operator& {
                return planner_.Make<IcedbInsert>(types_, cardinality_, settings_, nullptr);
              }});
  }

  duckdb::PhysicalOperator& PlanChange(std::vector<std::optional<size_t>> values) {
    // In the order of GetRowIdColumns.
    return planner_.Make<IcedbChange>(
        types_, cardinality_, settings_,
        IcedbChange::Columns{std::move(values), op_.row_id_start, op_.row_id_start + 1});
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
