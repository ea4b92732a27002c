#include "sql/write/statement_change.h"

#include <algorithm>
#include <utility>

#include "duckdb/parallel/thread_context.hpp"

#include "sql/accel/bound_holders.h"
#include "sql/accel/noted_bounds.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/index/fragment_index.h"
#include "sql/maintenance/flush_inline.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"
#include "table/positions.h"

namespace icefall {
namespace {

// A statement that deletes one row, or from a large file, is not worth reading the file for the
// rows that hold its bounds. Who asks for them does that.
constexpr uint64_t kHolderSearchRowsMax = 65'536;

TableEntryPointer CurrentEntry(IcefallTransaction& transaction, IcefallTableEntry& planned) {
  auto snapshot = transaction.Table(planned.uuid());
  return transaction.TableEntry(planned.object(), snapshot).shared_from_this();
}

// What the transaction itself did not make.
StatementChange::Committed CommittedPart(IcefallTransaction& transaction, const Snapshot& snapshot,
                                         const std::string& uuid) {
  if (!transaction.engine().HasChanges()) {
    return {snapshot.next_row_id, snapshot.sequence, snapshot.inline_rows.next_position};
  }
  auto& engine = transaction.engine();
  // A table that this transaction has changed is one commit ahead of what is committed, or is not
  // there yet at all.
  auto committed = engine.TableAt(uuid, snapshot.sequence);
  if (!committed.has_value() && snapshot.sequence.value > 0) {
    committed = engine.TableAt(uuid, Sequence(snapshot.sequence.value - 1));
  }
  if (!committed.has_value()) return {};
  return {(*committed)->next_row_id, (*committed)->sequence,
          (*committed)->inline_rows.next_position};
}

// Those that only this transaction sees.
InlineRows OwnInlineRows(const InlineRows& rows, const StatementChange::Committed& committed) {
  InlineRows own = rows;
  own.floor = std::max(rows.floor, committed.next_inline_position);
  const auto first = std::ranges::find_if(own.batches, [&](const InlineBatchPointer& batch) {
    return batch->first_position + batch->row_count > own.floor;
  });
  own.batches.DropFront(static_cast<size_t>(first - own.batches.begin()));
  if (rows.deletes != nullptr) {
    DeletionVector below;
    below.AddRange(0, own.floor);
    own.deletes = std::make_shared<DeletionVector>(Difference(*rows.deletes, below));
  }
  return own;
}

}  // namespace

void AddNewFragment(const Snapshot& base, ChangeSet& change, Fragment fragment) {
  if (fragment.row_count == 0) return;
  fragment.id = FragmentId(base.next_fragment_id.value + change.added_fragments.size());
  fragment.first_row_id = RowId(base.next_row_id.value + change.row_id_count);
  fragment.schema = base.schema->id;
  fragment.partition_spec = base.partition_spec;
  change.row_id_count += fragment.row_count;
  change.added_fragments.push_back(std::make_shared<const Fragment>(std::move(fragment)));
}

StatementChange::StatementChange(duckdb::ClientContext& context, IcefallTableEntry& table,
                                 std::string operation)
    : transaction_(IcefallTransaction::Get(context, table.schema.catalog)),
      table_(CurrentEntry(transaction_, table)),
      operation_(std::move(operation)),
      keys_(table_),
      committed_(CommittedPart(transaction_, *table_->snapshot(), table_->uuid())) {}

void StatementChange::Add(const std::string& name, NewRows::Result rows) {
  const std::lock_guard lock(mutex_);
  if (rows.row_count == 0) return;
  counts_[name] += rows.row_count;
  added_.push_back(std::move(rows));
}

uint64_t StatementChange::RemoveFragment(FragmentId id) {
  const auto fragment = snapshot().fragments.Find(id);
  if (fragment == nullptr) return 0;
  const std::lock_guard lock(mutex_);
  removed_.push_back(id);
  counts_["deleted_rows"] += fragment->live_count();
  return fragment->live_count();
}

std::vector<ColumnStatistics> StatementChange::ChangedStatistics(duckdb::ClientContext& context,
                                                                 const FragmentPointer& fragment,
                                                                 const DeletionVector& deleted) {
  const auto& fields = table_->table_schema().fields;
  const bool may_read = deleted.cardinality() > 1 && fragment->row_count <= kHolderSearchRowsMax;
  std::vector<ColumnStatistics> changed;
  for (const ColumnStatistics& column : fragment->statistics) {
    if (!column.lower_is_exact && !column.upper_is_exact) continue;
    const auto field = std::ranges::find(fields, column.field, &Field::id);
    BoundHoldersPointer holders;
    if (field != fields.end() && !field->generated_as) {
      const auto place = static_cast<size_t>(field - fields.begin());
      holders = KnownBoundHolders(*table_, fragment, place);
      if (holders == nullptr && may_read) {
        holders = FindBoundHolders(context, *table_, fragment, place);
      }
    }
    auto after = StatisticsWithout(column, holders.get(), deleted);
    if (after != column) changed.push_back(std::move(after));
  }
  return changed;
}

void StatementChange::AddDeletes(duckdb::ClientContext& context, ChangeSet& change) {
  change.removed_fragments = removed_;
  for (const auto& [id, positions] : deleted_.All()) {
    auto rows = positions->ToDeletionVector();
    const uint64_t count = rows.cardinality();
    if (count == 0) continue;
    counts_["deleted_rows"] += count;
    if (id == kInlineFragment) {
      change.deleted_inline = std::move(rows);
      continue;
    }
    const FragmentId fragment_id(id);
    const auto fragment = snapshot().fragments.Find(fragment_id);
    if (count == fragment->live_count()) {
      change.removed_fragments.push_back(fragment_id);
    } else {
      change.new_statistics.emplace(fragment_id, ChangedStatistics(context, fragment, rows));
      change.deleted_rows.emplace(fragment_id, std::move(rows));
    }
  }
  std::ranges::sort(change.removed_fragments);
}

void StatementChange::AddInline(ChangeSet& change, InlineBatch batch) {
  const auto& base = snapshot();
  batch.first_position = change.added_inline.empty() ? base.inline_rows.next_position
                                                     : change.added_inline.back()->first_position +
                                                           change.added_inline.back()->row_count;
  batch.schema = base.schema->id;
  batch.first_row_id = RowId(base.next_row_id.value + change.row_id_count);
  change.row_id_count += batch.row_count;
  change.added_inline.push_back(std::make_shared<const InlineBatch>(std::move(batch)));
}

bool StatementChange::MustFlush() const {
  const auto& rows = snapshot().inline_rows;
  // Most statements are told by the whole: finding the own rows looks at all that there are.
  if (rows.next_position <= committed_.next_inline_position || !InlineFlush::IsDue(rows)) {
    return false;
  }
  return InlineFlush::IsDue(OwnInlineRows(rows, committed_));
}

void StatementChange::FlushOwnInline(duckdb::ClientContext& context) {
  Snapshot own = snapshot();
  own.inline_rows = OwnInlineRows(own.inline_rows, committed_);
  const auto part =
      OnlyInlineRows(*TableWith(*table_, std::move(own)), deleted_.Find(kInlineFragment));
  flushed_ = part->snapshot()->inline_rows.LivePositions();
  duckdb::vector<duckdb::column_t> columns;
  for (const size_t field : table_->definition().stored_fields) columns.push_back(field);
  columns.push_back(kRowIdColumn);
  columns.push_back(kSequenceColumn);
  RowScanner scanner(context, part, columns);
  duckdb::DataChunk rows;
  rows.Initialize(context, scanner.types());
  const DataFileFormat format(context, table_, StoredLineage::kRowIdsAndSequences);
  DataFileWriter writer(context, transaction_, format);
  DataFileWriter::Local local;
  duckdb::ThreadContext thread(context);
  duckdb::ExecutionContext execution(context, thread, nullptr);
  while (scanner.Next(rows)) {
    rows.Flatten();
    auto& ids = rows.data[rows.ColumnCount() - 2];
    auto& sequences = rows.data.back();
    for (size_t row = 0; row < rows.size(); ++row) {
      const auto sequence = duckdb::FlatVector::GetData<int64_t>(sequences)[row];
      if (static_cast<uint64_t>(sequence) > committed_.sequence.value) {
        duckdb::FlatVector::SetNull(sequences, row, true);
      }
      const auto id = static_cast<uint64_t>(duckdb::FlatVector::GetData<int64_t>(ids)[row]);
      if (id >= committed_.next_row_id.value) duckdb::FlatVector::SetNull(ids, row, true);
    }
    writer.Append(execution, local, rows);
  }
  writer.Combine(execution, local);
  NewRows::Result result;
  result.fragments = writer.Finish(context);
  added_.push_back(std::move(result));
}

ChangeSet StatementChange::Build(duckdb::ClientContext& context) {
  ChangeSet change;
  change.operation = operation_;
  AddDeletes(context, change);
  change.deleted_inline |= flushed_;
  for (auto& result : added_) {
    for (auto& fragment : result.fragments) {
      AddNewFragment(snapshot(), change, std::move(fragment));
    }
    if (result.inline_rows.has_value()) AddInline(change, std::move(*result.inline_rows));
  }
  for (const auto& [name, count] : counts_) {
    if (count > 0) change.summary[name] = std::to_string(count);
  }
  return change;
}

void StatementChange::Apply(duckdb::ClientContext& context) {
  const std::lock_guard lock(mutex_);
  keys_.Check(context, deleted_);
  if (MustFlush()) FlushOwnInline(context);
  auto change = Build(context);
  if (change.empty()) return;
  BuildIndexes(context, *table_, change.added_fragments);
  transaction_.Change(table_->uuid(), std::move(change));
  keys_.Claim(transaction_);
}

uint64_t DeleteAllRows(duckdb::ClientContext& context, IcefallTableEntry& table,
                       std::string operation) {
  auto& transaction = IcefallTransaction::Get(context, table.schema.catalog);
  const auto snapshot = transaction.Table(table.uuid());
  ChangeSet change;
  change.operation = std::move(operation);
  snapshot->fragments.ForEach(
      [&](const FragmentPointer& f) { change.removed_fragments.push_back(f->id); });
  const InlineRows& inline_rows = snapshot->inline_rows;
  for (const auto& batch : inline_rows.batches) {
    change.deleted_inline.AddRange(std::max(batch->first_position, inline_rows.floor),
                                   batch->first_position + batch->row_count);
  }
  if (inline_rows.deletes != nullptr) change.deleted_inline -= *inline_rows.deletes;
  change.summary["deleted_rows"] = std::to_string(snapshot->live_row_count);
  if (!change.empty()) transaction.Change(table.uuid(), std::move(change));
  return snapshot->live_row_count;
}

}  // namespace icefall
