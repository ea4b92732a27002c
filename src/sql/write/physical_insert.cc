#include "sql/write/physical_insert.h"

#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"

namespace icefall {
namespace {

struct InsertState : public WriteState {
  using WriteState::WriteState;
  std::unique_ptr<NewRows> rows;
};

struct InsertLocal : public duckdb::LocalSinkState {
  std::unique_ptr<NewRows::Local> rows;
  std::unique_ptr<UniqueKeys::Local> keys;
  std::unique_ptr<RowConstraints> constraints;
};

uint64_t BatchMin(const duckdb::LocalSinkState& local) {
  return local.partition_info.min_batch_index.IsValid()
             ? local.partition_info.min_batch_index.GetIndex()
             : 0;
}

}  // namespace

PhysicalInsertRows::PhysicalInsertRows(duckdb::PhysicalPlan& plan,
                                       duckdb::vector<duckdb::LogicalType> types,
                                       duckdb::idx_t estimated_cardinality, Settings settings)
    : WriteOperator(plan, std::move(types), estimated_cardinality, settings.returns_rows,
                    settings.shared),
      settings_(std::move(settings)) {}

duckdb::string PhysicalInsertRows::GetName() const {
  return settings_.create != nullptr ? "ICEFALL_CREATE_TABLE_AS" : "ICEFALL_INSERT";
}

duckdb::OperatorPartitionInfo PhysicalInsertRows::RequiredPartitionInfo() const {
  return settings_.order == RowOrder::kBatches ? duckdb::OperatorPartitionInfo::BatchIndex()
                                               : duckdb::OperatorPartitionInfo::NoPartitionInfo();
}

IcefallTableEntry& PhysicalInsertRows::TargetTable(duckdb::ClientContext& context) const {
  if (settings_.create == nullptr) return *settings_.table;
  auto& catalog = settings_.schema->catalog;
  auto transaction = catalog.GetCatalogTransaction(context);
  auto entry = settings_.schema->CreateTable(transaction, *settings_.create);
  if (entry == nullptr) {
    throw duckdb::CatalogException(
        "table \"%s\" was created by another statement while this one was planned",
        settings_.create->Base().table);
  }
  return entry->Cast<IcefallTableEntry>();
}

duckdb::unique_ptr<WriteState> PhysicalInsertRows::NewState(duckdb::ClientContext& context) const {
  auto state = duckdb::make_uniq<InsertState>(context, returns_rows_, types);
  state->statement = Begin(context, TargetTable(context), "insert");
  state->rows =
      std::make_unique<NewRows>(context, state->statement->transaction(), state->statement->table(),
                                StoredLineage::kNone, settings_.order);
  return state;
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalInsertRows::GetLocalSinkState(
    duckdb::ExecutionContext&) const {
  // Filled by the first Sink: in a MERGE, sink_state is not set, so the run is not known here.
  return duckdb::make_uniq<InsertLocal>();
}

void PhysicalInsertRows::Write(duckdb::ExecutionContext& context, WriteState& write_state,
                               duckdb::LocalSinkState& local_state,
                               duckdb::DataChunk& chunk) const {
  auto& state = write_state.Cast<InsertState>();
  auto& local = local_state.Cast<InsertLocal>();
  auto& keys = state.statement->keys();
  if (local.rows == nullptr) {
    local.rows = state.rows->NewLocal(context.client);
    local.keys = keys.NewLocal();
    local.constraints = std::make_unique<RowConstraints>(context.client, state.statement->table(),
                                                         settings_.constraints);
    if (settings_.order == RowOrder::kBatches) {
      state.rows->NextBatch(context.client, *local.rows,
                            local.partition_info.batch_index.GetIndex(), BatchMin(local));
    }
  }
  local.constraints->Verify(chunk);
  keys.Append(*local.keys, chunk);
  state.rows->Append(context, *local.rows, chunk);
  state.returned.AddRows(chunk);
  state.returned.AddCount(chunk.size());
}

duckdb::SinkNextBatchType PhysicalInsertRows::NextBatch(
    duckdb::ExecutionContext& context, duckdb::OperatorSinkNextBatchInput& input) const {
  auto& local = input.local_state.Cast<InsertLocal>();
  if (local.rows == nullptr) return duckdb::SinkNextBatchType::READY;
  auto& state = input.global_state.Cast<InsertState>();
  state.rows->NextBatch(context.client, *local.rows, local.partition_info.batch_index.GetIndex(),
                        BatchMin(local));
  return duckdb::SinkNextBatchType::READY;
}

void PhysicalInsertRows::EndThread(duckdb::ExecutionContext& context, WriteState& write_state,
                                   duckdb::LocalSinkState& local_state) const {
  auto& state = write_state.Cast<InsertState>();
  auto& local = local_state.Cast<InsertLocal>();
  if (local.rows == nullptr) return;
  state.rows->Combine(context, *local.rows, BatchMin(local));
  state.statement->keys().Combine(*local.keys);
}

void PhysicalInsertRows::EndRows(duckdb::ClientContext& context, WriteState& write_state) const {
  auto& state = write_state.Cast<InsertState>();
  state.statement->Add("inserted_rows", state.rows->Finish(context));
}

}  // namespace icefall
