#include "sql/write/small_merge.h"

#include <optional>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/parallel/interrupt.hpp"
#include "duckdb/parser/statement/merge_into_statement.hpp"

namespace icefall {
namespace {

using duckdb::DataChunk;
using duckdb::MergeActionCondition;
using duckdb::SelectionVector;

struct Branch {
  explicit Branch(uint64_t rows) : chosen(rows) {}
  void Add(uint64_t row) { chosen.set_index(count++, row); }

  SelectionVector chosen;
  uint64_t count = 0;
};

duckdb::UnifiedVectorFormat Read(DataChunk& rows, size_t column) {
  duckdb::UnifiedVectorFormat format;
  rows.data[column].ToUnifiedFormat(rows.size(), format);
  return format;
}

bool IsNull(const duckdb::UnifiedVectorFormat& format, uint64_t row) {
  return !format.validity.RowIsValid(format.sel->get_index(row));
}

[[noreturn]] void ThrowMergeError(MergeActionCondition branch,
                                  const duckdb::MergeIntoOperator& action, const DataChunk& rows) {
  auto text = duckdb::MergeIntoStatement::ActionConditionToString(branch);
  if (action.condition) text += " AND " + action.condition->ToString();
  if (!action.expressions.empty()) text += ": " + rows.data[0].GetValue(0).ToString();
  throw duckdb::ConstraintException("Merge error condition %s", text);
}

}  // namespace

SmallMerge::SmallMerge(const duckdb::PhysicalMergeInto& merge)
    : merge_(merge), targets_(merge.actions.size()) {}

void SmallMerge::Take(duckdb::ExecutionContext& context, DataChunk& rows) {
  Branch matched(rows.size());
  Branch without_target(rows.size());
  Branch without_source(rows.size());
  const auto target = Read(rows, merge_.row_id_index);
  std::optional<duckdb::UnifiedVectorFormat> source;
  if (merge_.source_marker.IsValid()) source = Read(rows, merge_.source_marker.GetIndex());
  for (uint64_t row = 0; row < rows.size(); ++row) {
    if (source && IsNull(*source, row)) {
      without_source.Add(row);
    } else if (IsNull(target, row)) {
      without_target.Add(row);
    } else {
      matched.Add(row);
    }
  }
  for (const auto& range : merge_.action_ranges) {
    auto& branch = range.condition == MergeActionCondition::WHEN_MATCHED ? matched
                   : range.condition == MergeActionCondition::WHEN_NOT_MATCHED_BY_TARGET
                       ? without_target
                       : without_source;
    TakeBranch(context, range, rows, branch.chosen, branch.count);
  }
}

void SmallMerge::TakeBranch(duckdb::ExecutionContext& context,
                            const duckdb::MergeActionRange& branch, DataChunk& rows,
                            SelectionVector& chosen, uint64_t count) {
  // The first action whose condition holds takes the row.
  for (size_t i = branch.start; i < branch.end && count > 0; ++i) {
    SelectionVector taken(count);
    SelectionVector left(count);
    uint64_t taken_count = count;
    if (const auto& condition = merge_.actions[i]->condition) {
      duckdb::ExpressionExecutor executor(context.client, *condition);
      taken_count = executor.SelectExpression(rows, taken, left, chosen, count);
    } else {
      taken.Initialize(chosen);
    }
    if (taken_count == 0) continue;
    DataChunk own;
    own.InitializeEmpty(rows.GetTypes());
    own.Reference(rows);
    if (taken_count < rows.size()) own.Slice(taken, taken_count);
    Act(context, branch.condition, i, own);
    count -= taken_count;
    chosen.Initialize(left);
  }
}

void SmallMerge::Act(duckdb::ExecutionContext& context, MergeActionCondition branch, size_t action,
                     DataChunk& rows) {
  const auto& planned = *merge_.actions[action];
  if (planned.expressions.empty()) {
    if (planned.action_type == duckdb::MergeActionType::MERGE_ERROR) {
      ThrowMergeError(branch, planned, rows);
    }
    return Send(context, action, rows);
  }
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto& expression : planned.expressions) types.push_back(expression->return_type);
  DataChunk values;
  values.Initialize(context.client, types, rows.size());
  duckdb::ExpressionExecutor(context.client, planned.expressions).Execute(rows, values);
  if (planned.action_type == duckdb::MergeActionType::MERGE_ERROR) {
    ThrowMergeError(branch, planned, values);
  }
  Send(context, action, values);
}

void SmallMerge::Send(duckdb::ExecutionContext& context, size_t action, DataChunk& rows) {
  const auto op = merge_.actions[action]->op;
  if (!op) return;  // DO NOTHING
  auto& target = targets_[action];
  if (target.global == nullptr) {
    target.global = op->GetGlobalSinkState(context.client);
    target.local = op->GetLocalSinkState(context);
  }
  row_count_ += rows.size();
  duckdb::InterruptState interrupt;
  duckdb::OperatorSinkInput input{*target.global, *target.local, interrupt};
  op->Sink(context, rows, input);
}

void SmallMerge::Combine(duckdb::ExecutionContext& context) {
  duckdb::InterruptState interrupt;
  for (size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i].global == nullptr) continue;
    duckdb::OperatorSinkCombineInput input{*targets_[i].global, *targets_[i].local, interrupt};
    merge_.actions[i]->op->Combine(context, input);
  }
}

void SmallMerge::Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                          duckdb::ClientContext& context, duckdb::InterruptState& interrupt) {
  for (size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i].global == nullptr) continue;
    duckdb::OperatorSinkFinalizeInput input{*targets_[i].global, interrupt};
    merge_.actions[i]->op->Finalize(pipeline, event, context, input);
  }
}

}  // namespace icefall
