#include "sql/functions/changes_function.h"

#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "sql/errors.h"
#include "sql/functions/commit_difference.h"
#include "sql/functions/table_argument.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

using duckdb::LogicalType;

// Leading columns of the answer.
constexpr size_t kSequenceOutput = 0;
constexpr size_t kTypeOutput = 1;
constexpr size_t kRowIdOutput = 2;
constexpr size_t kFirstOutput = 3;

struct ChangesData : public duckdb::TableFunctionData {
  IcefallTransaction* transaction = nullptr;
  TableEntryPointer entry;
  SnapshotPointer last;  // its schema is that of the answer
  Sequence from;
  duckdb::vector<duckdb::column_t> columns;  // positions in the schema of stored columns

  TableEntryPointer EntryFor(SnapshotPointer snapshot) const {
    return transaction->TableEntry(entry->object(), snapshot).shared_from_this();
  }
  SnapshotPointer At(Sequence sequence) const {
    if (sequence == last->sequence) return last;
    return Unwrap(transaction->engine().TableAt(entry->uuid(), sequence));
  }
};

enum class Side { kRemoved, kAdded, kDone };

struct ChangesState : public duckdb::GlobalTableFunctionState {
  Sequence sequence;  // of the commit that is read
  SnapshotPointer after;
  CommitDifference difference;
  Side side = Side::kDone;
  std::unique_ptr<RowScanner> scanner;
  duckdb::DataChunk rows;
  // Ids of rows on both sides: those that the commit updated, and those that it only moved.
  std::unordered_set<int64_t> updated;
  std::unordered_set<int64_t> moved;
};

Sequence SequenceArgument(const duckdb::Value& value, const char* name) {
  if (value.IsNull() || value.GetValue<int64_t>() < 0) {
    throw duckdb::InvalidInputException(
        fmt::format("icefall_changes: expected the number of a commit for '{}', found {}", name,
                    value.ToString()));
  }
  return Sequence(static_cast<uint64_t>(value.GetValue<int64_t>()));
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const auto table = FindTableArgument(context, input.inputs[0]);
  auto data = duckdb::make_uniq<ChangesData>();
  data->transaction = &table.transaction;
  data->from = SequenceArgument(input.inputs[1], "from");
  const Sequence to = SequenceArgument(input.inputs[2], "to");
  if (to < data->from) {
    throw duckdb::InvalidInputException(
        fmt::format("icefall_changes: expected 'to' at or after 'from', found {} and {}", to.value,
                    data->from.value));
  }
  data->last =
      Unwrap(table.transaction.engine().TableAt(table.entry->uuid(), std::max(to, Sequence(1))));
  data->entry = table.transaction.TableEntry(table.entry->object(), data->last).shared_from_this();
  names = {"snapshot_sequence", "change_type", "rowid"};
  types = {LogicalType::BIGINT, LogicalType::VARCHAR, LogicalType::BIGINT};
  for (const size_t position : data->entry->definition().stored_fields) {
    const auto& column = data->entry->GetColumn(duckdb::LogicalIndex(position));
    names.push_back(column.Name());
    types.push_back(column.Type());
    data->columns.push_back(position);
  }
  return data;
}

// Calls `visit` with the id and the commit number of each row.
template <typename Visit>
void ForEachRowId(duckdb::ClientContext& context, const ChangesData& data,
                  const SnapshotPointer& snapshot, Visit&& visit) {
  RowScanner scanner(context, data.EntryFor(snapshot), {kRowIdColumn, kSequenceColumn});
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::Get(context), scanner.types());
  while (scanner.Next(chunk)) {
    chunk.Flatten();
    const auto* ids = duckdb::FlatVector::GetData<int64_t>(chunk.data[0]);
    const auto* sequences = duckdb::FlatVector::GetData<int64_t>(chunk.data[1]);
    for (size_t i = 0; i < chunk.size(); ++i) visit(ids[i], sequences[i]);
  }
}

void MatchRows(duckdb::ClientContext& context, const ChangesData& data, ChangesState& state) {
  state.updated.clear();
  state.moved.clear();
  if (!state.difference.removed || !state.difference.added) return;
  std::unordered_set<int64_t> removed;
  ForEachRowId(context, data, state.difference.removed,
               [&](int64_t id, int64_t) { removed.insert(id); });
  const auto current = static_cast<int64_t>(state.sequence.value);
  ForEachRowId(context, data, state.difference.added, [&](int64_t id, int64_t sequence) {
    if (!removed.contains(id)) return;
    (sequence == current ? state.updated : state.moved).insert(id);
  });
}

void StartScan(duckdb::ClientContext& context, const ChangesData& data, ChangesState& state,
               const SnapshotPointer& snapshot) {
  state.scanner = nullptr;
  if (!snapshot) return;
  auto columns = data.columns;
  columns.push_back(kRowIdColumn);
  state.scanner = std::make_unique<RowScanner>(context, data.EntryFor(snapshot), columns);
  state.rows.Destroy();
  state.rows.Initialize(duckdb::Allocator::Get(context), state.scanner->types());
}

// Goes on to the next side, or commit; false at the end.
bool Advance(duckdb::ClientContext& context, const ChangesData& data, ChangesState& state) {
  if (state.side == Side::kRemoved) {
    state.side = Side::kAdded;
    StartScan(context, data, state, state.difference.added);
    return true;
  }
  state.side = Side::kDone;
  state.scanner = nullptr;
  if (state.sequence >= data.last->sequence) return false;
  const SnapshotPointer before = std::exchange(state.after, nullptr);
  state.sequence = state.sequence.Next();
  state.after = data.At(state.sequence);
  const Snapshot empty = EmptySnapshot(data.last->table_uuid, *state.after->schema);
  state.difference = DifferenceOf(before ? *before : empty, *state.after, data.last->schema);
  MatchRows(context, data, state);
  state.side = Side::kRemoved;
  StartScan(context, data, state, state.difference.removed);
  return true;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Start(duckdb::ClientContext&,
                                                           duckdb::TableFunctionInitInput& input) {
  const auto& data = input.bind_data->Cast<ChangesData>();
  auto state = duckdb::make_uniq<ChangesState>();
  state->sequence = data.from;
  if (data.from.value > 0) state->after = data.At(data.from);
  return state;
}

const char* ChangeType(const ChangesState& state, int64_t id) {
  const bool updated = state.updated.contains(id);
  if (state.side == Side::kRemoved) return updated ? "update_preimage" : "delete";
  return updated ? "update_postimage" : "insert";
}

void Emit(ChangesState& state, duckdb::DataChunk& output) {
  auto& rows = state.rows;
  const size_t id_column = rows.ColumnCount() - 1;
  rows.data[id_column].Flatten(rows.size());
  const auto* ids = duckdb::FlatVector::GetData<int64_t>(rows.data[id_column]);
  duckdb::SelectionVector kept(STANDARD_VECTOR_SIZE);
  size_t count = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!state.moved.contains(ids[i])) kept.set_index(count++, i);
  }
  const auto sequence = duckdb::Value::BIGINT(static_cast<int64_t>(state.sequence.value));
  output.data[kSequenceOutput].Reference(sequence);
  for (size_t i = 0; i < count; ++i) {
    const int64_t id = ids[kept.get_index(i)];
    output.data[kTypeOutput].SetValue(i, duckdb::Value(ChangeType(state, id)));
    output.data[kRowIdOutput].SetValue(i, duckdb::Value::BIGINT(id));
  }
  for (size_t column = 0; column < id_column; ++column) {
    output.data[kFirstOutput + column].Slice(rows.data[column], kept, count);
  }
  output.SetCardinality(count);
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
          duckdb::DataChunk& output) {
  const auto& data = input.bind_data->Cast<ChangesData>();
  auto& state = input.global_state->Cast<ChangesState>();
  while (output.size() == 0) {
    if (state.scanner && state.scanner->Next(state.rows)) {
      Emit(state, output);
    } else if (!Advance(context, data, state)) {
      return;
    }
  }
}

}  // namespace

duckdb::TableFunction ChangesFunction() {
  return duckdb::TableFunction("icefall_changes",
                               {LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::BIGINT},
                               Scan, Bind, Start);
}

}  // namespace icefall
