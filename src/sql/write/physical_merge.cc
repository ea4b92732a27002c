#include "sql/write/physical_merge.h"

#include <utility>

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
  is_source_only_ = reads_input_ && SmallInput::Build(*this, current, meta);
  if (!is_source_only_) PhysicalMergeInto::BuildPipelines(current, meta);
}

duckdb::SourceResultType PhysicalMergeRows::GetDataInternal(
    duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
    duckdb::OperatorSourceInput& input) const {
  if (is_source_only_) SmallInput::Run(context, *this);
  return PhysicalMergeInto::GetDataInternal(context, chunk, input);
}

duckdb::unique_ptr<duckdb::GlobalSinkState> PhysicalMergeRows::GetGlobalSinkState(
    duckdb::ClientContext& context) const {
  shared_->current = std::make_shared<StatementChange>(context, *table_, "merge");
  return PhysicalMergeInto::GetGlobalSinkState(context);
}

duckdb::SinkFinalizeType PhysicalMergeRows::Finalize(
    duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
    duckdb::OperatorSinkFinalizeInput& input) const {
  const auto result = PhysicalMergeInto::Finalize(pipeline, event, context, input);
  const auto statement = std::exchange(shared_->current, nullptr);
  statement->Apply(context);
  return result;
}

}  // namespace icefall
