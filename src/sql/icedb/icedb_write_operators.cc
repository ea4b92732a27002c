#include "sql/icedb/icedb_write_operators.h"

#include <utility>

#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"

namespace icefall {

duckdb::unique_ptr<IcedbWriteState> IcedbWrite::NewState(duckdb::ClientContext& context,
                                                         std::shared_ptr<IcedbTableEntry> table,
                                                         const char* operation) const {
  auto state = duckdb::make_uniq<IcedbWriteState>(context, settings_.returns_rows, types);
  state->statement = settings_.shared != nullptr
                         ? settings_.shared->current
                         : std::make_shared<IcedbStatement>(context, *settings_.catalog,
                                                            std::move(table), operation);
  return state;
}

duckdb::SinkFinalizeType IcedbWrite::Finalize(duckdb::Pipeline&, duckdb::Event&,
                                              duckdb::ClientContext&,
                                              duckdb::OperatorSinkFinalizeInput& input) const {
  // That of a MERGE is ended by the merge.
  if (settings_.shared == nullptr) {
    input.global_state.Cast<IcedbWriteState>().statement->Apply();
  }
  return duckdb::SinkFinalizeType::READY;
}

duckdb::unique_ptr<duckdb::GlobalSourceState> IcedbWrite::GetGlobalSourceState(
    duckdb::ClientContext&) const {
  return sink_state->Cast<IcedbWriteState>().returned.NewScan();
}

duckdb::SourceResultType IcedbWrite::GetDataInternal(duckdb::ExecutionContext&,
                                                     duckdb::DataChunk& chunk,
                                                     duckdb::OperatorSourceInput& input) const {
  return sink_state->Cast<IcedbWriteState>().returned.Scan(input.global_state, chunk);
}

IcedbInsert::IcedbInsert(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                         duckdb::idx_t cardinality, Settings settings,
                         duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create)
    : IcedbWrite(plan, std::move(types), cardinality, std::move(settings)),
      create_(std::move(create)) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> IcedbInsert::GetGlobalSinkState(
    duckdb::ClientContext& context) const {
  auto table = settings_.table;
  if (create_ != nullptr) {
    auto& catalog = *settings_.catalog;
    auto& entry =
        *catalog.main_schema().CreateTable(catalog.GetCatalogTransaction(context), *create_);
    table = entry.Cast<IcedbTableEntry>().shared_from_this();
  }
  auto state = NewState(context, std::move(table), "insert");
  state->statement->RequireFitting();
  return state;
}

duckdb::SinkResultType IcedbInsert::Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                         duckdb::OperatorSinkInput& input) const {
  auto& state = input.global_state.Cast<IcedbWriteState>();
  state.statement->Insert(chunk);
  state.returned.AddRows(chunk);
  state.returned.AddCount(chunk.size());
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

IcedbChange::IcedbChange(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                         duckdb::idx_t cardinality, Settings settings, Columns columns)
    : IcedbWrite(plan, std::move(types), cardinality, std::move(settings)),
      columns_(std::move(columns)) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> IcedbChange::GetGlobalSinkState(
    duckdb::ClientContext& context) const {
  auto state = NewState(context, settings_.table, is_update() ? "update" : "delete");
  if (is_update()) state->statement->RequireFitting();
  return state;
}

duckdb::SinkResultType IcedbChange::Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                         duckdb::OperatorSinkInput& input) const {
  auto& state = input.global_state.Cast<IcedbWriteState>();
  std::vector<duckdb::sel_t> fresh;
  chunk.Flatten();
  const auto* files = duckdb::FlatVector::GetData<uint64_t>(chunk.data[columns_.file]);
  const auto* positions = duckdb::FlatVector::GetData<int64_t>(chunk.data[columns_.position]);
  for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
    const auto position = static_cast<uint64_t>(positions[row]);
    if (!state.statement->Delete(files[row], position)) {
      if (settings_.shared == nullptr) continue;
      throw duckdb::InvalidInputException(
          "MERGE INTO \"%s\": several rows of the source match one row; expected one at most for a "
          "row that is updated or deleted",
          settings_.table->name);
    }
    if (returns_deleted()) state.deleted[files[row]].Add(position);
    fresh.push_back(static_cast<duckdb::sel_t>(row));
  }
  state.returned.AddCount(fresh.size());
  if (is_update()) TakeRows(state, chunk, fresh);
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

void IcedbChange::TakeRows(IcedbWriteState& state, duckdb::DataChunk& chunk,
                           const std::vector<duckdb::sel_t>& fresh) const {
  duckdb::DataChunk rows;
  rows.InitializeEmpty(state.statement->view().types);
  for (size_t i = 0; i < columns_.values.size(); ++i) {
    if (columns_.values[i]) {
      rows.data[i].Reference(chunk.data[*columns_.values[i]]);
    } else {
      rows.data[i].Reference(duckdb::Value(rows.data[i].GetType()));
    }
  }
  rows.SetCardinality(chunk.size());
  const auto* files = duckdb::FlatVector::GetData<uint64_t>(chunk.data[columns_.file]);
  std::vector<uint64_t> old_files;
  for (const auto row : fresh) old_files.push_back(files[row]);
  rows.Slice(duckdb::SelectionVector(const_cast<duckdb::sel_t*>(fresh.data())), fresh.size());
  state.statement->Update(rows, old_files);
  state.returned.AddRows(rows);
}

duckdb::SinkFinalizeType IcedbChange::Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                               duckdb::ClientContext& context,
                                               duckdb::OperatorSinkFinalizeInput& input) const {
  auto& state = input.global_state.Cast<IcedbWriteState>();
  if (returns_deleted()) state.statement->ReturnRows(state.deleted, state.returned);
  return IcedbWrite::Finalize(pipeline, event, context, input);
}

}  // namespace icefall
