// What the operators of writing statements share.
#pragma once

#include <memory>
#include <string>

#include "duckdb/execution/physical_operator.hpp"

#include "sql/write/returned_rows.h"
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

// A sink that afterwards is the source of its answer.
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

  bool IsSink() const override { return true; }
  bool IsSource() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(
      duckdb::ClientContext&) const override {
    return sink_state->Cast<WriteState>().returned.NewScan();
  }

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override {
    return sink_state->Cast<WriteState>().returned.Scan(input.global_state, chunk);
  }

  std::shared_ptr<StatementChange> Begin(duckdb::ClientContext& context, IcefallTableEntry& table,
                                         const std::string& operation) const {
    if (shared_ != nullptr) return shared_->current;
    return std::make_shared<StatementChange>(context, table, operation);
  }
  // Ends the statement, unless others share it.
  void Apply(duckdb::ClientContext& context, StatementChange& statement) const {
    if (shared_ == nullptr) statement.Apply(context);
  }

  const bool returns_rows_;
  const std::shared_ptr<SharedStatement> shared_;
};

}  // namespace icefall
