#include "sql/accel/final_groups.h"

#include <numeric>
#include <utility>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"

namespace icefall {

FinalGroups::FinalGroups(Expressions groups, const Expressions& aggregates)
    : groups_(std::move(groups)) {
  for (const auto& group : groups_) computed_.types.push_back(group->return_type);
  computed_.keys.resize(groups_.size());
  std::iota(computed_.keys.begin(), computed_.keys.end(), 0);
  computed_.first_argument = groups_.size();
  for (const auto& expression : aggregates) {
    auto& aggregate = expression->Cast<duckdb::BoundAggregateExpression>();
    computed_.types.push_back(aggregate.return_type);
    computed_.aggregates.emplace_back(&aggregate);
    for (const auto& argument : aggregate.children) {
      computed_.argument_types.push_back(argument->return_type);
      arguments_.push_back(argument->Cast<duckdb::BoundColumnRefExpression>().binding.column_index);
    }
    text_ += (text_.empty() ? "" : "\n") + aggregate.GetName();
  }
}

StateRowsPointer FinalGroups::Compute(
    duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& state_types,
    std::initializer_list<std::span<const StatePart>> parts) const {
  duckdb::ExpressionExecutor executor(context, groups_);
  duckdb::DataChunk states;
  states.Initialize(context, state_types);
  duckdb::DataChunk groups;
  auto group_types = computed_.types;
  group_types.resize(groups_.size());
  groups.Initialize(context, group_types);
  duckdb::DataChunk rows;
  auto row_types = std::move(group_types);
  row_types.insert(row_types.end(), computed_.argument_types.begin(),
                   computed_.argument_types.end());
  rows.InitializeEmpty(row_types);
  UnitAggregate aggregate(context, computed_);
  const auto add = [&] {
    groups.Reset();
    executor.Execute(states, groups);
    for (size_t i = 0; i < groups_.size(); ++i) rows.data[i].Reference(groups.data[i]);
    for (size_t i = 0; i < arguments_.size(); ++i) {
      rows.data[groups_.size() + i].Reference(states.data[arguments_[i]]);
    }
    rows.SetCardinality(states.size());
    aggregate.Add(rows);
    states.Reset();
  };
  for (const auto& list : parts) {
    PartReader reader(list);
    while (!reader.Read(states)) add();
  }
  add();
  auto result = std::make_shared<StateRows>();
  aggregate.Take(*result);
  return result;
}

}  // namespace icefall
