#include "sql/write/physical_merge.h"

#include <utility>

#include "sql/write/small_merge.h"

namespace icefall {

PhysicalMergeRows::PhysicalMergeRows(duckdb::PhysicalPlan& plan,
                                     duckdb::vector<duckdb::LogicalType> types,
                                     MergeActions actions, duckdb::idx_t row_id_start,
                                     duckdb::optional_idx source_marker, bool returns_rows,
                                     TableEntryPointer table,
                                     std::shared_ptr<SharedStatement> shared)
    : PhysicalMergeInto(plan, std::move(types), std::move(actions), row_id_start, source_marker,
                        !returns_rows, returns_rows),
      table_(std::move(table)),
      shared_(std::move(shared)) {}

void PhysicalMergeRows::BuildPipelines(duckdb::Pipeline& current, duckdb::MetaPipeline& meta) {
  is_source_only_ = reads_input_;  // SmallInput asks for the states of such a run
  if (is_source_only_) is_source_only_ = SmallInput::Build(*this, current, meta);
  if (!is_source_only_) PhysicalMergeInto::BuildPipelines(current, meta);
}

duckdb::SourceResultType PhysicalMergeRows::GetDataInternal(
    duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
    duckdb::OperatorSourceInput& input) const {
  if (!is_source_only_) return PhysicalMergeInto::GetDataInternal(context, chunk, input);
  SmallInput::Run(context, *this);
  const auto row_count = sink_state->Cast<SmallMerge>().row_count();
  chunk.SetCardinality(1);
  chunk.SetValue(0, 0, duckdb::Value::BIGINT(static_cast<int64_t>(row_count)));
  return duckdb::SourceResultType::FINISHED;
}

duckdb::unique_ptr<duckdb::GlobalSinkState> PhysicalMergeRows::GetGlobalSinkState(
    duckdb::ClientContext& context) const {
  shared_->current = std::make_shared<StatementChange>(context, *table_, "merge");
  if (is_source_only_) return duckdb::make_uniq<SmallMerge>(*this);
  return PhysicalMergeInto::GetGlobalSinkState(context);
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalMergeRows::GetLocalSinkState(
    duckdb::ExecutionContext& context) const {
  if (is_source_only_) return duckdb::make_uniq<duckdb::LocalSinkState>();
  return PhysicalMergeInto::GetLocalSinkState(context);
}

duckdb::SinkResultType PhysicalMergeRows::Sink(duckdb::ExecutionContext& context,
                                               duckdb::DataChunk& chunk,
                                               duckdb::OperatorSinkInput& input) const {
  if (!is_source_only_) return PhysicalMergeInto::Sink(context, chunk, input);
  input.global_state.Cast<SmallMerge>().Take(context, chunk);
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

duckdb::SinkCombineResultType PhysicalMergeRows::Combine(
    duckdb::ExecutionContext& context, duckdb::OperatorSinkCombineInput& input) const {
  if (!is_source_only_) return PhysicalMergeInto::Combine(context, input);
  input.global_state.Cast<SmallMerge>().Combine(context);
  return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType PhysicalMergeRows::Finalize(
    duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
    duckdb::OperatorSinkFinalizeInput& input) const {
  if (is_source_only_) {
    input.global_state.Cast<SmallMerge>().Finalize(pipeline, event, context, input.interrupt_state);
  } else {
    PhysicalMergeInto::Finalize(pipeline, event, context, input);
  }
  const auto statement = std::exchange(shared_->current, nullptr);
  statement->Apply(context);
  return duckdb::SinkFinalizeType::READY;
}

}  // namespace icefall
