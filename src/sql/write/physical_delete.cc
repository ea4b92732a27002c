#include "sql/write/physical_delete.h"

#include <optional>
#include <utility>

#include "sql/scan/row_scanner.h"
#include "sql/write/partial_table.h"
#include "sql/write/row_targets.h"

namespace icefall {
namespace {

struct DeleteState : public WriteState {
  using WriteState::WriteState;
  DeletedPositions own;  // with RETURNING: what this operator deleted, not others of its MERGE
};

struct DeleteLocal : public duckdb::LocalSinkState {
  std::optional<RowTargets> targets;
  uint64_t count = 0;
};

// The deleted rows as they were, for RETURNING.
void ReadRows(duckdb::ClientContext& context, const IcefallTableEntry& table,
              const DeletedPositions& positions, ReturnedRows& returned) {
  if (positions.All().empty()) return;
  duckdb::vector<duckdb::column_t> columns;
  for (const size_t field : table.definition().stored_fields) columns.push_back(field);
  RowScanner scanner(context, OnlyRows(table, positions), columns);
  duckdb::DataChunk rows;
  rows.Initialize(context, scanner.types());
  while (scanner.Next(rows)) returned.AddRows(rows);
}

}  // namespace

PhysicalDeleteRows::PhysicalDeleteRows(duckdb::PhysicalPlan& plan,
                                       duckdb::vector<duckdb::LogicalType> types,
                                       duckdb::idx_t estimated_cardinality, TableEntryPointer table,
                                       size_t fragment_column, size_t position_column,
                                       bool returns_rows, std::shared_ptr<SharedStatement> shared)
    : WriteOperator(plan, std::move(types), estimated_cardinality, returns_rows, std::move(shared)),
      table_(std::move(table)),
      fragment_column_(fragment_column),
      position_column_(position_column) {}

duckdb::unique_ptr<WriteState> PhysicalDeleteRows::NewState(duckdb::ClientContext& context) const {
  auto state = duckdb::make_uniq<DeleteState>(context, returns_rows_, types);
  state->statement = Begin(context, *table_, "delete");
  return state;
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalDeleteRows::GetLocalSinkState(
    duckdb::ExecutionContext&) const {
  return duckdb::make_uniq<DeleteLocal>();
}

void PhysicalDeleteRows::Write(duckdb::ExecutionContext&, WriteState& write_state,
                               duckdb::LocalSinkState& local_state,
                               duckdb::DataChunk& chunk) const {
  auto& state = write_state.Cast<DeleteState>();
  auto& local = local_state.Cast<DeleteLocal>();
  if (!local.targets) {
    local.targets.emplace(*state.statement, fragment_column_, position_column_);
  }
  duckdb::SelectionVector fresh(chunk.size());
  const size_t count = local.targets->Mark(chunk, fresh, returns_rows_ ? &state.own : nullptr);
  if (shared_ != nullptr) local.targets->RequireFresh(chunk, fresh, count);
  local.count += count;
}

void PhysicalDeleteRows::EndThread(duckdb::ExecutionContext&, WriteState& write_state,
                                   duckdb::LocalSinkState& local_state) const {
  auto& state = write_state.Cast<DeleteState>();
  state.returned.AddCount(local_state.Cast<DeleteLocal>().count);
}

void PhysicalDeleteRows::EndRows(duckdb::ClientContext& context, WriteState& write_state) const {
  auto& state = write_state.Cast<DeleteState>();
  for (const auto id : removed_) state.returned.AddCount(state.statement->RemoveFragment(id));
  if (returns_rows_) ReadRows(context, *state.statement->table(), state.own, state.returned);
}

PhysicalDeleteAll::PhysicalDeleteAll(duckdb::PhysicalPlan& plan,
                                     duckdb::vector<duckdb::LogicalType> types,
                                     TableEntryPointer table)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), 1),
      table_(std::move(table)) {}

duckdb::SourceResultType PhysicalDeleteAll::GetDataInternal(duckdb::ExecutionContext& context,
                                                            duckdb::DataChunk& chunk,
                                                            duckdb::OperatorSourceInput&) const {
  const uint64_t count = DeleteAllRows(context.client, *table_, "delete");
  chunk.SetCardinality(1);
  chunk.SetValue(0, 0, duckdb::Value::BIGINT(static_cast<int64_t>(count)));
  return duckdb::SourceResultType::FINISHED;
}

}  // namespace icefall
