#include "sql/write/small_input.h"

#include <deque>
#include <optional>

#include "duckdb/execution/executor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/execution/operator/projection/physical_projection.hpp"
#include "duckdb/execution/operator/scan/physical_column_data_scan.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"
#include "duckdb/main/query_profiler.hpp"
#include "duckdb/parallel/event.hpp"
#include "duckdb/parallel/interrupt.hpp"
#include "duckdb/parallel/pipeline.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "sql/scan/filter_rows.h"
#include "sql/scan/fragment_list.h"
#include "sql/scan/row_fetch.h"
#include "sql/write/physical_key_join.h"

namespace icefall {
namespace {

using duckdb::PhysicalOperator;
using duckdb::PhysicalOperatorType;

// More rows are worth several threads.
constexpr uint64_t kRowCountMax = 64;
constexpr size_t kFileCountMax = 8;

bool IsSmallScan(const duckdb::PhysicalTableScan& scan) {
  if (scan.dynamic_filters != nullptr || scan.extra_info.sample_options != nullptr) return false;
  const auto* list = FragmentList::Of(scan.bind_data.get());
  if (list == nullptr || list->index_key() == nullptr) return false;
  const auto& files = list->files();
  uint64_t row_count = 0;
  for (const auto& file : files) {
    if (file.index_rows == nullptr) return false;
    row_count += file.index_rows->positions.size();
  }
  return files.size() <= kFileCountMax && row_count <= kRowCountMax;
}

// Instead of a scan, what stands in the way of which costs more than the few rows. False when they
// have to be scanned.
bool Fetch(duckdb::ClientContext& context, const duckdb::PhysicalTableScan& scan,
           duckdb::DataChunk& rows) {
  if (!scan.table_filters) return false;
  duckdb::vector<duckdb::column_t> columns;
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto& id : scan.column_ids) {
    if (id.HasChildren()) return false;
    const auto column = columns.emplace_back(id.GetPrimaryIndex());
    types.push_back(duckdb::IsVirtualColumn(column) ? scan.virtual_columns.at(column).type
                                                    : scan.returned_types[column]);
  }
  const auto& list = *FragmentList::Of(scan.bind_data.get());
  duckdb::DataChunk found;
  if (!FetchRows(context, list, columns, types, *scan.table_filters, found)) {
    return false;
  }
  duckdb::SelectionVector kept(0, found.size());
  const auto count = FilterRows(context, scan.table_filters.get(), found, kept, found.size());
  if (count < found.size()) found.Slice(kept, count);
  for (size_t i = 0; i < rows.ColumnCount(); ++i) {
    rows.data[i].Reference(found.data[scan.projection_ids.empty() ? i : scan.projection_ids[i]]);
  }
  rows.SetCardinality(count);
  return true;
}

// What Finalize is given and does not use.
struct NoEvent : public duckdb::Event {
  using Event::Event;
  void Schedule() override {}
};

// What PhysicalProjection does, with room for the rows there are, and only in new columns.
class Projection {
 public:
  Projection(duckdb::ClientContext& context, const duckdb::PhysicalProjection& op)
      : op_(op), executor_(context) {
    for (const auto& expression : op.select_list) {
      if (!IsReference(*expression) && !IsConstant(*expression)) {
        executor_.AddExpression(*expression);
      }
    }
  }

  void Execute(duckdb::DataChunk& rows, duckdb::DataChunk& output) {
    executor_.SetChunk(rows);
    size_t computed = 0;
    for (size_t i = 0; i < op_.select_list.size(); ++i) {
      const auto& expression = *op_.select_list[i];
      if (IsReference(expression)) {
        const auto index = expression.Cast<duckdb::BoundReferenceExpression>().index;
        output.data[i].Reference(rows.data[index]);
        continue;
      }
      if (IsConstant(expression)) {
        output.data[i].Reference(expression.Cast<duckdb::BoundConstantExpression>().value);
        continue;
      }
      duckdb::Vector values(expression.return_type, rows.size());
      executor_.ExecuteExpression(computed++, values);
      output.data[i].Reference(values);
    }
    output.SetCardinality(rows);
  }

 private:
  static bool IsReference(const duckdb::Expression& expression) {
    return expression.GetExpressionType() == duckdb::ExpressionType::BOUND_REF;
  }
  static bool IsConstant(const duckdb::Expression& expression) {
    return expression.GetExpressionType() == duckdb::ExpressionType::VALUE_CONSTANT;
  }

  const duckdb::PhysicalProjection& op_;
  duckdb::ExpressionExecutor executor_;  // of the others
};

// The operators between a source and a writer, each with what it keeps.
class Chain {
 public:
  Chain(duckdb::ExecutionContext& context, const PhysicalOperator& last) : context_(context) {
    const auto* op = &last;
    for (; op->children.size() > 0; op = &op->children[0].get()) steps_.emplace_back(*op);
    source_ = op;
    for (auto& step : steps_) {
      if (step.op.type == PhysicalOperatorType::PROJECTION) {
        step.projection.emplace(context.client, step.op.Cast<duckdb::PhysicalProjection>());
        continue;
      }
      step.global = step.op.GetGlobalOperatorState(context.client);
      step.local = step.op.GetOperatorState(context);
    }
  }

  template <typename Take>
  void Run(const Take& take) {
    const bool is_scan = source_->type == PhysicalOperatorType::TABLE_SCAN;
    duckdb::DataChunk fetched;
    fetched.InitializeEmpty(source_->types);
    if (is_scan && Fetch(context_.client, source_->Cast<duckdb::PhysicalTableScan>(), fetched)) {
      if (fetched.size() > 0) Push(steps_.size(), fetched, take);
      return;
    }
    auto global = source_->GetGlobalSourceState(context_.client);
    auto local = source_->GetLocalSourceState(context_, *global);
    duckdb::InterruptState interrupt;
    duckdb::OperatorSourceInput input{*global, *local, interrupt};
    duckdb::DataChunk rows;
    // What a scan reads before its filters is more than it answers.
    rows.Initialize(context_.client, source_->types, is_scan ? STANDARD_VECTOR_SIZE : kRowCountMax);
    auto result = duckdb::SourceResultType::HAVE_MORE_OUTPUT;
    while (result == duckdb::SourceResultType::HAVE_MORE_OUTPUT) {
      rows.Reset();
      result = source_->GetData(context_, rows, input);
      if (rows.size() > 0) Push(steps_.size(), rows, take);
    }
    if (result == duckdb::SourceResultType::BLOCKED) {
      throw duckdb::IOException("%s: expected rows, found that they have to be waited for",
                                source_->GetName());
    }
  }

 private:
  struct Step {
    explicit Step(const PhysicalOperator& of) : op(of) {}
    const PhysicalOperator& op;
    duckdb::unique_ptr<duckdb::GlobalOperatorState> global;
    duckdb::unique_ptr<duckdb::OperatorState> local;
    std::optional<Projection> projection;  // instead
  };

  // Through the first `count` steps, the last one of which stands behind the source.
  template <typename Take>
  void Push(size_t count, duckdb::DataChunk& rows, const Take& take) {
    if (count == 0) return take(rows);
    auto& step = steps_[count - 1];
    auto result = duckdb::OperatorResultType::HAVE_MORE_OUTPUT;
    while (result == duckdb::OperatorResultType::HAVE_MORE_OUTPUT) {
      // Both kinds of operators refer to values that are somewhere, or make room for new ones.
      duckdb::DataChunk output;
      output.InitializeEmpty(step.op.types);
      if (step.projection) {
        step.projection->Execute(rows, output);
        result = duckdb::OperatorResultType::NEED_MORE_INPUT;
      } else {
        result = step.op.Execute(context_, rows, output, *step.global, *step.local);
      }
      if (output.size() > 0) Push(count - 1, output, take);
    }
  }

  duckdb::ExecutionContext& context_;
  std::deque<Step> steps_;  // from the writer to the source
  const PhysicalOperator* source_ = nullptr;
};

}  // namespace

bool SmallInput::Is(const PhysicalOperator& child) {
  switch (child.type) {
    case PhysicalOperatorType::TABLE_SCAN:
      return IsSmallScan(child.Cast<duckdb::PhysicalTableScan>());
    case PhysicalOperatorType::COLUMN_DATA_SCAN: {
      const auto& rows = child.Cast<duckdb::PhysicalColumnDataScan>().collection;
      return rows && rows->Count() <= kRowCountMax;
    }
    case PhysicalOperatorType::DUMMY_SCAN:
      return true;
    case PhysicalOperatorType::PROJECTION:
      return Is(child.children[0].get());
    default:
      return dynamic_cast<const PhysicalKeyJoin*>(&child) != nullptr && Is(child.children[0].get());
  }
}

bool SmallInput::Build(PhysicalOperator& writer, duckdb::Pipeline& current,
                       duckdb::MetaPipeline& meta) {
  auto& context = meta.GetExecutor().context;
  if (duckdb::QueryProfiler::Get(context).IsEnabled()) return false;
  writer.op_state.reset();
  writer.sink_state = writer.GetGlobalSinkState(context);
  meta.GetState().SetPipelineSource(current, writer);
  return true;
}

void SmallInput::Run(duckdb::ExecutionContext& context, const PhysicalOperator& writer) {
  const auto local = writer.GetLocalSinkState(context);
  duckdb::InterruptState interrupt;
  Chain(context, writer.children[0].get()).Run([&](duckdb::DataChunk& rows) {
    duckdb::OperatorSinkInput input{*writer.sink_state, *local, interrupt};
    writer.Sink(context, rows, input);
  });
  duckdb::OperatorSinkCombineInput combine{*writer.sink_state, *local, interrupt};
  writer.Combine(context, combine);
  auto& pipeline = *context.pipeline;
  NoEvent event(pipeline.executor);
  duckdb::OperatorSinkFinalizeInput finalize{*writer.sink_state, interrupt};
  writer.Finalize(pipeline, event, context.client, finalize);
}

}  // namespace icefall
