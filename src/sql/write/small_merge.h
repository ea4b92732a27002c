// A MERGE of a few rows, in one task.
#pragma once

#include <memory>
#include <vector>

#include "duckdb/execution/operator/persistent/physical_merge_into.hpp"

namespace icefall {

// Does with rows what PhysicalMergeInto does, and makes ready only what an action gets rows for:
// a statement about one row takes one of its actions, and vectors for thousands of rows, for each
// of them, cost more than the row does. Not for RETURNING. One thread.
class SmallMerge : public duckdb::GlobalSinkState {
 public:
  explicit SmallMerge(const duckdb::PhysicalMergeInto& merge);

  // Sends `rows` of the merge's child to the operators of their actions.
  void Take(duckdb::ExecutionContext& context, duckdb::DataChunk& rows);
  // End the operators that got rows; behind the last rows, once, in this order.
  void Combine(duckdb::ExecutionContext& context);
  void Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
                duckdb::InterruptState& interrupt);
  // How many rows operators got.
  uint64_t row_count() const { return row_count_; }

 private:
  // The states of an action's operator.
  struct Target {
    duckdb::unique_ptr<duckdb::GlobalSinkState> global;
    duckdb::unique_ptr<duckdb::LocalSinkState> local;
  };

  void TakeBranch(duckdb::ExecutionContext& context, const duckdb::MergeActionRange& branch,
                  duckdb::DataChunk& rows, duckdb::SelectionVector& chosen, uint64_t count);
  void Act(duckdb::ExecutionContext& context, duckdb::MergeActionCondition branch, size_t action,
           duckdb::DataChunk& rows);
  void Send(duckdb::ExecutionContext& context, size_t action, duckdb::DataChunk& rows);

  const duckdb::PhysicalMergeInto& merge_;
  std::vector<Target> targets_;  // by action
  uint64_t row_count_ = 0;
};

}  // namespace icefall
