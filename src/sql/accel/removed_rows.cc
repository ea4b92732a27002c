#include "sql/accel/removed_rows.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/exception.hpp"

#include "sql/accel/unit_aggregate.h"
#include "sql/scan/filter_rows.h"
#include "sql/scan/paged_columns.h"

namespace icefall {

RemovedRows::RemovedRows(duckdb::ClientContext& context, const ScanPath& path,
                         const RowConditions& conditions, const PartialPlan& plan,
                         std::vector<duckdb::unique_ptr<duckdb::Expression>> inputs)
    : context_(context),
      path_(path),
      conditions_(conditions),
      plan_(plan),
      inputs_(std::move(inputs)),
      executor_(context) {
  for (const auto& condition : conditions.all()) {
    if (condition.filter != nullptr) columns_.push_back(condition.column);
  }
  std::ranges::sort(columns_);
  columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
  for (const auto& condition : conditions.all()) {
    auto& expression = expressions_.emplace_back();
    if (condition.expression == nullptr) continue;
    expression = path.OverScan(*condition.expression);
    are_stored_ = are_stored_ && path.ReadFrom(columns_, expression);
  }
  for (auto& input : inputs_) {
    are_stored_ = are_stored_ && path.ReadFrom(columns_, input);
    if (!are_stored_) return;
    executor_.AddExpression(*input);
    input_types_.push_back(input->return_type);
  }
  if (!are_stored_) return;
  const auto& entry = *path.list().target()->entry;
  for (const auto column : columns_) {
    types_.push_back(entry.GetColumn(duckdb::LogicalIndex(column)).Type());
  }
}

bool RemovedRows::Read(const ScanFile& file, std::span<const uint64_t> positions,
                       duckdb::DataChunk& rows) {
  if (!are_stored_) return false;
  if (!types_.empty()) rows.Initialize(context_, types_, positions.size());
  auto paged = PagedColumns::Of(file);
  for (size_t column = 0; column < columns_.size(); ++column) {
    for (size_t row = 0; row < positions.size(); ++row) {
      if (!paged.Read(columns_[column], positions[row], rows.data[column], row)) return false;
    }
  }
  rows.SetCardinality(positions.size());
  return true;
}

void RemovedRows::Filter(const std::vector<bool>& remaining, duckdb::DataChunk& rows) {
  for (size_t i = 0; i < remaining.size() && rows.size() > 0; ++i) {
    if (!remaining[i]) continue;
    const auto& condition = conditions_.all()[i];
    duckdb::SelectionVector selection(STANDARD_VECTOR_SIZE);
    duckdb::idx_t count = 0;
    if (condition.expression != nullptr) {
      duckdb::ExpressionExecutor executor(context_, *expressions_[i]);
      count = executor.SelectExpression(rows, selection);
    } else {
      const auto column = std::ranges::find(columns_, condition.column) - columns_.begin();
      for (duckdb::idx_t row = 0; row < rows.size(); ++row) selection.set_index(row, row);
      count = FilterValues(context_, *condition.filter, rows.data[static_cast<size_t>(column)],
                           rows.size(), selection, rows.size());
    }
    if (count < rows.size()) rows.Slice(selection, count);
  }
}

RemovedRows::Added RemovedRows::Aggregate(duckdb::DataChunk& rows, const StateSet& set) {
  Added result{rows.size(), {}};
  if (rows.size() == 0) return result;
  duckdb::DataChunk inputs;
  if (!input_types_.empty()) {
    inputs.Initialize(context_, input_types_, rows.size());
    executor_.Execute(rows, inputs);
  }
  inputs.SetCardinality(rows.size());
  UnitAggregate aggregate(context_, plan_.ComputedOf(set));
  aggregate.Add(inputs);
  aggregate.Take(result.states);
  return result;
}

std::optional<RemovedRows::Added> RemovedRows::Add(const ScanFile& file,
                                                   std::span<const uint64_t> positions,
                                                   const std::vector<bool>& remaining,
                                                   const StateSet& set) {
  if (context_.interrupted) throw duckdb::InterruptException();
  duckdb::DataChunk rows;
  if (!Read(file, positions, rows)) return std::nullopt;
  try {
    Filter(remaining, rows);
    return Aggregate(rows, set);
  } catch (const duckdb::Exception&) {
    // Only rows that are there may fail a query.
    return std::nullopt;
  }
}

}  // namespace icefall
