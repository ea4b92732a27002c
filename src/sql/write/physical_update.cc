#include "sql/write/physical_update.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "sql/write/row_targets.h"

namespace icefall {
namespace {

struct UpdateState : public WriteState {
  using WriteState::WriteState;
  std::unique_ptr<NewRows> rows;
};

struct UpdateLocal : public duckdb::LocalSinkState {
  std::unique_ptr<NewRows::Local> rows;
  std::unique_ptr<UniqueKeys::Local> keys;
  std::unique_ptr<RowConstraints> constraints;
  std::optional<RowTargets> targets;
  std::unique_ptr<duckdb::ExpressionExecutor> defaults;  // null when none is asked for
  duckdb::DataChunk updated;                             // stored columns, then the row id
};

// Ids that will still change cannot be stored: their rows get new ones.
duckdb::Vector TakeRowIds(duckdb::Vector& ids, uint64_t count, RowId provisional) {
  duckdb::Vector result(duckdb::LogicalType::BIGINT, count);
  duckdb::UnifiedVectorFormat format;
  ids.ToUnifiedFormat(count, format);
  const auto* source = duckdb::UnifiedVectorFormat::GetData<int64_t>(format);
  auto* target = duckdb::FlatVector::GetData<int64_t>(result);
  for (size_t row = 0; row < count; ++row) {
    const int64_t id = source[format.sel->get_index(row)];
    target[row] = id;
    if (static_cast<uint64_t>(id) >= provisional.value) {
      duckdb::FlatVector::SetNull(result, row, true);
    }
  }
  return result;
}

bool IsDefault(const duckdb::Expression& expression) {
  return expression.GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT;
}

}  // namespace

PhysicalUpdateRows::PhysicalUpdateRows(duckdb::PhysicalPlan& plan,
                                       duckdb::vector<duckdb::LogicalType> types,
                                       duckdb::idx_t estimated_cardinality, Settings settings)
    : WriteOperator(plan, std::move(types), estimated_cardinality, settings.returns_rows,
                    settings.shared),
      settings_(std::move(settings)) {}

duckdb::unique_ptr<WriteState> PhysicalUpdateRows::NewState(duckdb::ClientContext& context) const {
  auto state = duckdb::make_uniq<UpdateState>(context, returns_rows_, types);
  state->statement = Begin(context, *settings_.table, "update");
  state->rows =
      std::make_unique<NewRows>(context, state->statement->transaction(), state->statement->table(),
                                StoredLineage::kRowIds, RowOrder::kAny);
  return state;
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalUpdateRows::GetLocalSinkState(
    duckdb::ExecutionContext& context) const {
  // The rest is filled by the first Sink: in a MERGE, sink_state is not set yet.
  auto local = duckdb::make_uniq<UpdateLocal>();
  const auto is_default = [](const auto& expression) { return IsDefault(*expression); };
  if (std::ranges::any_of(settings_.expressions, is_default)) {
    local->defaults =
        std::make_unique<duckdb::ExpressionExecutor>(context.client, settings_.defaults);
  }
  auto types = settings_.table->definition().stored_types;
  types.push_back(duckdb::LogicalType::BIGINT);
  local->updated.InitializeEmpty(types);
  return local;
}

void PhysicalUpdateRows::Write(duckdb::ExecutionContext& context, WriteState& write_state,
                               duckdb::LocalSinkState& local_state,
                               duckdb::DataChunk& chunk) const {
  auto& state = write_state.Cast<UpdateState>();
  auto& local = local_state.Cast<UpdateLocal>();
  auto& statement = *state.statement;
  if (local.rows == nullptr) {
    local.rows = state.rows->NewLocal(context.client);
    local.keys = statement.keys().NewLocal(settings_.changed, shared_ == nullptr);
    local.constraints =
        std::make_unique<RowConstraints>(context.client, statement.table(), settings_.constraints);
    local.targets.emplace(statement, settings_.row_id_start, settings_.row_id_start + 1);
  }
  auto& updated = local.updated;
  updated.SetCardinality(chunk.size());
  if (local.defaults != nullptr) local.defaults->SetChunk(chunk);
  for (size_t i = 0; i < settings_.columns.size(); ++i) {
    const auto column = settings_.columns[i].index;
    const auto& expression = *settings_.expressions[i];
    if (IsDefault(expression)) {
      duckdb::Vector value(updated.data[column].GetType(), chunk.size());
      local.defaults->ExecuteExpression(column, value);
      updated.data[column].Reference(value);
    } else {
      const auto& reference = expression.Cast<duckdb::BoundReferenceExpression>();
      updated.data[column].Reference(chunk.data[reference.index]);
    }
  }
  auto row_ids = TakeRowIds(chunk.data[settings_.row_id_start + 2], chunk.size(),
                            statement.provisional_row_id());
  updated.data.back().Reference(row_ids);
  duckdb::SelectionVector fresh(chunk.size());
  const size_t count = local.targets->Mark(chunk, fresh, nullptr);
  if (shared_ != nullptr) local.targets->RequireFresh(chunk, fresh, count);
  if (count == 0) return;
  if (count < chunk.size()) updated.Slice(fresh, count);
  local.constraints->Verify(updated);
  statement.keys().Append(*local.keys, updated);
  state.rows->Append(context, *local.rows, updated);
  state.returned.AddRows(updated);
  state.returned.AddCount(count);
}

void PhysicalUpdateRows::EndThread(duckdb::ExecutionContext& context, WriteState& write_state,
                                   duckdb::LocalSinkState& local_state) const {
  auto& state = write_state.Cast<UpdateState>();
  auto& local = local_state.Cast<UpdateLocal>();
  if (local.rows == nullptr) return;
  state.rows->Combine(context, *local.rows, 0);
  state.statement->keys().Combine(*local.keys);
}

void PhysicalUpdateRows::EndRows(duckdb::ClientContext& context, WriteState& write_state) const {
  auto& state = write_state.Cast<UpdateState>();
  state.statement->Add("updated_rows", state.rows->Finish(context));
}

}  // namespace icefall
