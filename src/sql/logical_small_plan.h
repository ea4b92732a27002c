// A plan whose optimization is done before DuckDB's begins.
#pragma once

#include <utility>

#include "duckdb/execution/column_binding_resolver.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "duckdb/planner/planner_extension.hpp"

namespace icefall {

// DuckDB's optimizer takes it for a leaf, so that its passes find nothing to do.
class LogicalSmallPlan : public duckdb::LogicalExtensionOperator {
 public:
  explicit LogicalSmallPlan(duckdb::unique_ptr<duckdb::LogicalOperator> plan)
      : plan_(std::move(plan)) {}

  const duckdb::LogicalOperator& plan() const { return *plan_; }

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override {
    return plan_->GetColumnBindings();
  }
  void ResolveColumnBindings(duckdb::ColumnBindingResolver&,
                             duckdb::vector<duckdb::ColumnBinding>& bindings) override {
    duckdb::ColumnBindingResolver().VisitOperator(*plan_);
    bindings = plan_->GetColumnBindings();
  }
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    return planner.CreatePlan(*plan_);
  }
  duckdb::string GetExtensionName() const override { return GetName(); }
  duckdb::string GetName() const override { return "ICEFALL_SMALL_PLAN"; }
  // Where a planner extension has made it.
  bool RequireOptimizer() const override { return false; }
  // Plans of this are not copied by way of bytes, as PRAGMA enable_verification has it.
  bool SupportSerialization() const override { return false; }

 protected:
  void ResolveTypes() override {
    plan_->ResolveOperatorTypes();
    types = plan_->types;
  }

 private:
  const duckdb::unique_ptr<duckdb::LogicalOperator> plan_;
};

// Whether a statement that was just bound may become one: DuckDB asks for optimized plans, and for
// no plan to keep, as it does without values for the statement's parameters.
bool MayBecomeSmallPlan(duckdb::PlannerExtensionInput& input);

// The passes that small plans do the work of are not switched off.
bool MayOptimizeSmallPlan(duckdb::ClientContext& context);

}  // namespace icefall
