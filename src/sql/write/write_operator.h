// What the operators of writing statements share.
#pragma once

#include <memory>
#include <string>

#include "duckdb/execution/physical_operator.hpp"

#include "sql/write/returned_rows.h"
#include "sql/write/small_input.h"
#include "sql/write/statement_change.h"

namespace icefall {

// Where the operators of one MERGE find the change they work on together. A plan may run several
// times, each with a change of its own.
struct SharedStatement {
  std::shared_ptr<StatementChange> current;
};

// The state of one run of a writing operator.
struct WriteState : public duckdb::GlobalSinkState {
  WriteState(duckdb::ClientContext& context, bool returns_rows,
             const duckdb::vector<duckdb::LogicalType>& types)
      : returned(context, returns_rows, types) {}

  std::shared_ptr<StatementChange> statement;
  ReturnedRows returned;
};

// A sink that afterwards is the source of its answer; or only that, which then reads its input.
// What it does with rows is what derived classes say; how DuckDB calls a sink is said here.
class WriteOperator : public duckdb::PhysicalOperator {
 public:
  // `shared` is null for a statement of one operator, which then applies its change itself.
  WriteOperator(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                duckdb::idx_t estimated_cardinality, bool returns_rows,
                std::shared_ptr<SharedStatement> shared)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types),
                         estimated_cardinality),
        returns_rows_(returns_rows),
        shared_(std::move(shared)) {}

  // The child is a SmallInput; not with RETURNING. Before it runs.
  void ReadInputItself() { reads_input_ = !returns_rows_; }

  void BuildPipelines(duckdb::Pipeline& current, duckdb::MetaPipeline& meta) override {
    is_source_only_ = reads_input_ && SmallInput::Build(*this, current, meta);
    if (!is_source_only_) PhysicalOperator::BuildPipelines(current, meta);
  }

  bool IsSink() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override {
    return NewState(context);
  }
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override {
    Write(context, input.global_state.Cast<WriteState>(), input.local_state, chunk);
    return duckdb::SinkResultType::NEED_MORE_INPUT;
  }
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override {
    EndThread(context, input.global_state.Cast<WriteState>(), input.local_state);
    return duckdb::SinkCombineResultType::FINISHED;
  }
  // Ends the statement, too, unless others share it.
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    auto& state = input.global_state.Cast<WriteState>();
    EndRows(context, state);
    if (shared_ == nullptr) state.statement->Apply(context);
    return duckdb::SinkFinalizeType::READY;
  }

  bool IsSource() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(
      duckdb::ClientContext&) const override {
    return sink_state->Cast<WriteState>().returned.NewScan();
  }

 protected:
  // The state of a run, its `statement` from Begin.
  virtual duckdb::unique_ptr<WriteState> NewState(duckdb::ClientContext& context) const = 0;
  // Takes rows, on any thread.
  virtual void Write(duckdb::ExecutionContext& context, WriteState& state,
                     duckdb::LocalSinkState& local, duckdb::DataChunk& rows) const = 0;
  // Hands over what a thread still holds.
  virtual void EndThread(duckdb::ExecutionContext& context, WriteState& state,
                         duckdb::LocalSinkState& local) const = 0;
  // Once, when all threads have ended.
  virtual void EndRows(duckdb::ClientContext& context, WriteState& state) const = 0;

  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context,
                                           duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override {
    if (is_source_only_) SmallInput::Run(context, *this);
    return sink_state->Cast<WriteState>().returned.Scan(input.global_state, chunk);
  }

  std::shared_ptr<StatementChange> Begin(duckdb::ClientContext& context, IcefallTableEntry& table,
                                         const std::string& operation) const {
    if (shared_ != nullptr) return shared_->current;
    return std::make_shared<StatementChange>(context, table, operation);
  }

  const bool returns_rows_;
  const std::shared_ptr<SharedStatement> shared_;

 private:
  bool reads_input_ = false;
  bool is_source_only_ = false;  // in the current run
};

}  // namespace icefall
