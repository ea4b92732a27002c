// MERGE INTO: DuckDB's own operator sends every row to the operator of its action; all of them
// work on one change.
#pragma once

#include <memory>

#include "duckdb/execution/operator/persistent/physical_merge_into.hpp"

#include "sql/merge_action.h"
#include "sql/write/write_operator.h"

namespace icefall {

class PhysicalMergeRows : public duckdb::PhysicalMergeInto {
 public:
  // `shared` is what the operators of `actions` were made with.
  PhysicalMergeRows(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                    MergeActions actions, duckdb::idx_t row_id_start,
                    duckdb::optional_idx source_marker, bool returns_rows, TableEntryPointer table,
                    std::shared_ptr<SharedStatement> shared);

  // See WriteOperator.
  void ReadInputItself() { reads_input_ = !return_chunk; }

  duckdb::string GetName() const override { return "ICEFALL_MERGE"; }

  void BuildPipelines(duckdb::Pipeline& current, duckdb::MetaPipeline& meta) override;

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(
      duckdb::ExecutionContext& context) const override;
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context,
                                           duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  const TableEntryPointer table_;
  const std::shared_ptr<SharedStatement> shared_;
  bool reads_input_ = false;
  bool is_source_only_ = false;  // in the current run, which a SmallMerge does
};

}  // namespace icefall
