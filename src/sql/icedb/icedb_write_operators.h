// The operators of statements that write to an attached icedb table.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

#include "sql/icedb/icedb_statement.h"
#include "sql/write/returned_rows.h"

namespace icefall {

// Where the operators of one MERGE find the statement that they are of. A plan may run several
// times, each with a statement of its own.
struct SharedIcedbStatement {
  std::shared_ptr<IcedbStatement> current;
};

struct IcedbWriteState : public duckdb::GlobalSinkState {
  IcedbWriteState(duckdb::ClientContext& context, bool returns_rows,
                  const duckdb::vector<duckdb::LogicalType>& types)
      : returned(context, returns_rows, types) {}

  std::shared_ptr<IcedbStatement> statement;
  RowPlaces deleted;  // by this operator, if it returns them
  ReturnedRows returned;
};

// A sink of one thread that afterwards is the source of its answer.
class IcedbWrite : public duckdb::PhysicalOperator {
 public:
  struct Settings {
    IcedbCatalog* catalog;
    std::shared_ptr<IcedbTableEntry> table;  // null until CREATE TABLE AS has made it
    bool returns_rows = false;
    std::shared_ptr<SharedIcedbStatement> shared;  // null for a statement of one operator
  };

  IcedbWrite(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
             duckdb::idx_t cardinality, Settings settings)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types),
                         cardinality),
        settings_(std::move(settings)) {}

  bool IsSink() const override { return true; }
  bool IsSource() const override { return true; }
  bool SinkOrderDependent() const override { return true; }

  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(
      duckdb::ClientContext& context) const override;

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context,
                                           duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;
  duckdb::unique_ptr<IcedbWriteState> NewState(duckdb::ClientContext& context,
                                               std::shared_ptr<IcedbTableEntry> table,
                                               const char* operation) const;

  const Settings settings_;
};

class IcedbInsert : public IcedbWrite {
 public:
  // `create` is null but for CREATE TABLE AS.
  IcedbInsert(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
              duckdb::idx_t cardinality, Settings settings,
              duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create);

  duckdb::string GetName() const override { return "ICEDB_INSERT"; }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override;
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;

 private:
  const duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create_;
};

// Takes rows away, and for an UPDATE puts others in their place.
class IcedbChange : public IcedbWrite {
 public:
  struct Columns {
    // Of an UPDATE: by column of the table where its new value is in the rows that arrive; absent
    // for DEFAULT, which is NULL.
    std::vector<std::optional<size_t>> values;
    size_t file = 0;
    size_t position = 0;
  };

  IcedbChange(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
              duckdb::idx_t cardinality, Settings settings, Columns columns);

  duckdb::string GetName() const override { return is_update() ? "ICEDB_UPDATE" : "ICEDB_DELETE"; }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override;
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;

 private:
  bool is_update() const { return !columns_.values.empty(); }
  bool returns_deleted() const { return settings_.returns_rows && !is_update(); }
  // Of the rows that arrived those that go only now.
  void TakeRows(IcedbWriteState& state, duckdb::DataChunk& chunk,
                const std::vector<duckdb::sel_t>& fresh) const;

  const Columns columns_;
};

}  // namespace icefall
