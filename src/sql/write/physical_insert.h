// INSERT, CREATE TABLE AS, and the INSERT action of MERGE.
#pragma once

#include <memory>

#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

#include "sql/write/row_constraints.h"
#include "sql/write/write_operator.h"

namespace icefall {

// Its input has the stored columns of the table, in order.
class PhysicalInsertRows : public WriteOperator {
 public:
  struct Settings {
    // One of them: an existing table, or one to be made when execution starts.
    TableEntryPointer table;
    duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create;
    duckdb::SchemaCatalogEntry* schema = nullptr;  // with create

    BoundConstraints constraints;
    RowOrder order = RowOrder::kAny;
    bool parallel = false;
    bool returns_rows = false;
    std::shared_ptr<SharedStatement> shared;  // of a MERGE
  };

  PhysicalInsertRows(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                     duckdb::idx_t estimated_cardinality, Settings settings);

  duckdb::string GetName() const override;
  bool ParallelSink() const override { return settings_.parallel; }
  bool SinkOrderDependent() const override { return true; }
  duckdb::OperatorPartitionInfo RequiredPartitionInfo() const override;

  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(
      duckdb::ExecutionContext& context) const override;
  duckdb::SinkNextBatchType NextBatch(duckdb::ExecutionContext& context,
                                      duckdb::OperatorSinkNextBatchInput& input) const override;

 protected:
  duckdb::unique_ptr<WriteState> NewState(duckdb::ClientContext& context) const override;
  void Write(duckdb::ExecutionContext& context, WriteState& state, duckdb::LocalSinkState& local,
             duckdb::DataChunk& rows) const override;
  void EndThread(duckdb::ExecutionContext& context, WriteState& state,
                 duckdb::LocalSinkState& local) const override;
  void EndRows(duckdb::ClientContext& context, WriteState& state) const override;

 private:
  IcefallTableEntry& TargetTable(duckdb::ClientContext& context) const;

  const Settings settings_;
};

}  // namespace icefall
