#include "sql/scan/row_scanner.h"

#include <utility>

#include "duckdb/execution/execution_context.hpp"
#include "duckdb/parallel/thread_context.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "sql/scan/table_scan.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

duckdb::unique_ptr<duckdb::TableFilterSet> FiltersOf(const PositionRange& range, size_t column) {
  const auto compare = [](duckdb::ExpressionType comparison, uint64_t position) {
    return duckdb::make_uniq<duckdb::ConstantFilter>(
        comparison, duckdb::Value::BIGINT(static_cast<int64_t>(position)));
  };
  auto both = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
  both->child_filters.push_back(
      compare(duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, range.begin));
  both->child_filters.push_back(compare(duckdb::ExpressionType::COMPARE_LESSTHAN, range.end));
  auto filters = duckdb::make_uniq<duckdb::TableFilterSet>();
  filters->filters[column] = std::move(both);
  return filters;
}

duckdb::vector<duckdb::column_t> WithPosition(duckdb::vector<duckdb::column_t> columns, bool with) {
  if (with) columns.push_back(kPositionColumn);
  return columns;
}

}  // namespace

struct RowScanner::State {
  explicit State(duckdb::ClientContext& context)
      : thread(context), execution(context, thread, nullptr) {}

  duckdb::ThreadContext thread;
  duckdb::ExecutionContext execution;
  duckdb::TableFunction function;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  duckdb::unique_ptr<duckdb::TableFilterSet> filters;
  duckdb::unique_ptr<duckdb::GlobalTableFunctionState> global;
  duckdb::unique_ptr<duckdb::LocalTableFunctionState> local;
  bool finished = false;
};

RowScanner::RowScanner(duckdb::ClientContext& context, TableEntryPointer entry,
                       duckdb::vector<duckdb::column_t> columns, std::optional<PositionRange> range)
    : RowScanner(context, std::move(entry), WithPosition(columns, range.has_value()),
                 range ? FiltersOf(*range, columns.size()) : nullptr) {}

RowScanner::RowScanner(duckdb::ClientContext& context, TableEntryPointer entry,
                       duckdb::vector<duckdb::column_t> columns,
                       duckdb::unique_ptr<duckdb::TableFilterSet> filters)
    : context_(context), state_(std::make_unique<State>(context)) {
  state_->filters = std::move(filters);
  const auto virtual_columns = VirtualColumns();
  for (const auto column : columns) {
    types_.push_back(duckdb::IsVirtualColumn(column)
                         ? virtual_columns.at(column).type
                         : entry->GetColumn(duckdb::LogicalIndex(column)).Type());
  }
  state_->function = BindTableScan(context, std::move(entry), state_->bind_data);
  duckdb::TableFunctionInitInput input(state_->bind_data.get(), std::move(columns), {},
                                       state_->filters.get());
  state_->global = state_->function.init_global(context, input);
  state_->local = state_->function.init_local(state_->execution, input, state_->global.get());
}

RowScanner::~RowScanner() = default;

bool RowScanner::Next(duckdb::DataChunk& chunk) {
  while (!state_->finished) {
    if (context_.interrupted) throw duckdb::InterruptException();
    chunk.Reset();
    duckdb::TableFunctionInput input(state_->bind_data.get(), state_->local.get(),
                                     state_->global.get());
    input.results_execution_mode = duckdb::AsyncResultsExecutionMode::SYNCHRONOUS;
    state_->function.function(context_, input, chunk);
    state_->finished = chunk.size() == 0;
    if (chunk.size() > 0) return true;
  }
  return false;
}

}  // namespace icefall
