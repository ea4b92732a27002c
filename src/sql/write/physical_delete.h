// DELETE, and the DELETE action of MERGE.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sql/write/write_operator.h"

namespace icefall {

// Its input has file_index and file_row_number in the columns given.
class PhysicalDeleteRows : public WriteOperator {
 public:
  PhysicalDeleteRows(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                     duckdb::idx_t estimated_cardinality, TableEntryPointer table,
                     size_t fragment_column, size_t position_column, bool returns_rows,
                     std::shared_ptr<SharedStatement> shared);

  // Fragments that go as a whole, which the input has no rows of; not with RETURNING. Before it
  // runs.
  void RemoveFragments(std::vector<FragmentId> fragments) { removed_ = std::move(fragments); }

  duckdb::string GetName() const override { return "ICEFALL_DELETE"; }
  bool ParallelSink() const override { return true; }

  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(
      duckdb::ExecutionContext& context) const override;

 protected:
  duckdb::unique_ptr<WriteState> NewState(duckdb::ClientContext& context) const override;
  void Write(duckdb::ExecutionContext& context, WriteState& state, duckdb::LocalSinkState& local,
             duckdb::DataChunk& rows) const override;
  void EndThread(duckdb::ExecutionContext& context, WriteState& state,
                 duckdb::LocalSinkState& local) const override;
  void EndRows(duckdb::ClientContext& context, WriteState& state) const override;

 private:
  const TableEntryPointer table_;
  const size_t fragment_column_;
  const size_t position_column_;
  std::vector<FragmentId> removed_;
};

// DELETE without a condition, and TRUNCATE: a source that deletes when asked for its answer.
class PhysicalDeleteAll : public duckdb::PhysicalOperator {
 public:
  PhysicalDeleteAll(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                    TableEntryPointer table);

  duckdb::string GetName() const override { return "ICEFALL_DELETE_ALL"; }
  bool IsSource() const override { return true; }

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context,
                                           duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  const TableEntryPointer table_;
};

}  // namespace icefall
