// UPDATE, and the UPDATE action of MERGE: deletes the old row and adds the new one under its id.
#pragma once

#include <memory>

#include "sql/write/row_constraints.h"
#include "sql/write/write_operator.h"

namespace icefall {

// A row that the input names several times takes the values of one of them, as in DuckDB.
class PhysicalUpdateRows : public WriteOperator {
 public:
  struct Settings {
    TableEntryPointer table;
    // What column columns[i] becomes: a reference into the input, or BoundDefaultExpression. Every
    // stored column is there.
    duckdb::vector<duckdb::PhysicalIndex> columns;
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> expressions;
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> defaults;  // by stored column
    BoundConstraints constraints;
    size_t row_id_start = 0;  // where the input has the columns of RowIdColumns()
    // By stored column: may get another value. Empty: any may.
    std::vector<bool> changed;
    bool returns_rows = false;
    std::shared_ptr<SharedStatement> shared;  // of a MERGE
  };

  PhysicalUpdateRows(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                     duckdb::idx_t estimated_cardinality, Settings settings);

  duckdb::string GetName() const override { return "ICEFALL_UPDATE"; }
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
  const Settings settings_;
};

}  // namespace icefall
