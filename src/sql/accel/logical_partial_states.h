// PhysicalPartialStates in a plan that is not physical yet.
#pragma once

#include <memory>
#include <utility>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"

#include "sql/accel/physical_partial_states.h"

namespace icefall {

// With the scan that it needs as its child, or none.
class LogicalPartialStates : public duckdb::LogicalExtensionOperator {
 public:
  LogicalPartialStates(duckdb::idx_t table_index, std::shared_ptr<const PartialPlan> partial,
                       duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> inputs)
      : LogicalExtensionOperator(std::move(inputs)),
        table_index_(table_index),
        partial_(std::move(partial)) {}

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override {
    return GenerateColumnBindings(table_index_, partial_->types.size());
  }
  duckdb::vector<duckdb::idx_t> GetTableIndex() const override { return {table_index_}; }
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
  void ResolveTypes() override { types = partial_->types; }

 private:
  const duckdb::idx_t table_index_;
  const std::shared_ptr<const PartialPlan> partial_;
};

}  // namespace icefall
