#include <utility>

#include "duckdb/execution/physical_plan_generator.hpp"

#include "sql/icefall_catalog.h"
#include "sql/icefall_table_entry.h"
#include "sql/merge_action.h"
#include "sql/write/changed_columns.h"
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
  MergePlan(duckdb::ClientContext& context, PhysicalPlanGenerator& planner, LogicalMergeInto& op,
            PhysicalOperator& child)
      : planner_(planner),
        op_(op),
        table_(op.table.Cast<IcefallTableEntry>().shared_from_this()),
        child_(child),
        cardinality_(op.EstimateCardinality(context)),
        action_types_(op.types) {
    // The merge itself adds the last column, merge_action.
    if (op.return_chunk) action_types_.pop_back();
  }

  PhysicalOperator& Make() {
    auto& merge =
        planner_.Make<PhysicalMergeRows>(op_.types, PlanActions(), op_.row_id_start,
                                         op_.source_marker, op_.return_chunk, table_, shared_);
    merge.children.push_back(child_);
    if (SmallInput::Is(child_)) merge.Cast<PhysicalMergeRows>().ReadInputItself();
    return merge;
  }

 private:
  MergeActions PlanActions() {
    return PlanMergeActions(
        op_,
        {.update = [this](BoundMergeIntoAction& update) -> PhysicalOperator& {
           return PlanUpdate(update);
         },
         .remove = [this](BoundMergeIntoAction&) -> PhysicalOperator& {
           return planner_.Make<PhysicalDeleteRows>(action_types_, cardinality_, table_,
                                                    op_.row_id_start, op_.row_id_start + 1,
                                                    op_.return_chunk, shared_);
         },
         .insert = [this](BoundMergeIntoAction&) -> PhysicalOperator& { return PlanInsert(); }});
  }

  PhysicalOperator& PlanUpdate(BoundMergeIntoAction& action) {
    PhysicalUpdateRows::Settings settings;
    settings.table = table_;
    settings.columns = action.columns;
    settings.expressions = std::move(action.expressions);
    settings.defaults = CopyDefaults();
    settings.constraints = CopyConstraints();
    settings.changed = ChangedColumns(settings, child_);
    settings.row_id_start = op_.row_id_start;
    settings.returns_rows = op_.return_chunk;
    settings.shared = shared_;
    return planner_.Make<PhysicalUpdateRows>(action_types_, cardinality_, std::move(settings));
  }

  PhysicalOperator& PlanInsert() {
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
  PhysicalOperator& child_;
  const duckdb::idx_t cardinality_;
  duckdb::vector<duckdb::LogicalType> action_types_;
  const std::shared_ptr<SharedStatement> shared_ = std::make_shared<SharedStatement>();
};

}  // namespace

PhysicalOperator& PlanMergeInto(IcefallCatalog&, duckdb::ClientContext& context,
                                PhysicalPlanGenerator& planner, LogicalMergeInto& op,
                                PhysicalOperator& child) {
  return MergePlan(context, planner, op, child).Make();
}

}  // namespace icefall
