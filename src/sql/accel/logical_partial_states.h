// PhysicalPartialStates in a plan that is not physical yet.
#pragma once

#include <memory>
#include <utility>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"

#include "sql/accel/physical_partial_states.h"

namespace icefall {

// With the scan that it needs as its child, or none. Answers columns of one table index, or what an
// aggregate answers by two.
class LogicalPartialStates : public duckdb::LogicalExtensionOperator {
 public:
  LogicalPartialStates(duckdb::vector<duckdb::ColumnBinding> bindings,
                       std::shared_ptr<const PartialPlan> partial,
                       duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> inputs)
      : LogicalExtensionOperator(std::move(inputs)),
        bindings_(std::move(bindings)),
        partial_(std::move(partial)) {}

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override { return bindings_; }
  duckdb::vector<duckdb::idx_t> GetTableIndex() const override {
    duckdb::vector<duckdb::idx_t> indexes;
    for (const auto& binding : bindings_) {
      if (indexes.empty() || indexes.back() != binding.table_index) {
        indexes.push_back(binding.table_index);
      }
    }
    return indexes;
  }
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    duckdb::optional_ptr<duckdb::PhysicalOperator> child;
    if (!children.empty()) child = planner.CreatePlan(*children[0]);
    auto& result = planner.Make<PhysicalPartialStates>(partial_, std::move(expressions),
                                                       estimated_cardinality);
    if (child) result.children.push_back(*child);
    return result;
  }
  duckdb::string GetExtensionName() const override { return GetName(); }
  duckdb::string GetName() const override { return "ICEFALL_PARTIAL_STATES"; }
  // Plans of this are not copied by way of bytes, as PRAGMA verify_serializer has it.
  bool SupportSerialization() const override { return false; }

 protected:
  void ResolveTypes() override { types = partial_->answer_types(); }

 private:
  const duckdb::vector<duckdb::ColumnBinding> bindings_;
  const std::shared_ptr<const PartialPlan> partial_;
};

}  // namespace icefall
