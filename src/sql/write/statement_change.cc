#include "sql/write/statement_change.h"

#include <utility>

#include "duckdb/parallel/thread_context.hpp"

#include "sql/errors.h"
#include "sql/index/fragment_index.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

// More than this and a scan of the table notices that inline rows are text.
constexpr uint64_t kInlineRowCountMax = 10'000;
constexpr uint64_t kInlineSizeBytesMax = uint64_t{1} << 20;

TableEntryPointer CurrentEntry(IcefallTransaction& transaction, IcefallTableEntry& planned) {
  auto snapshot = transaction.Table(planned.uuid());
  return transaction.TableEntry(planned.object(), snapshot).shared_from_this();
}

// What the transaction itself did not make.
StatementChange::Committed CommittedPart(IcefallTransaction& transaction, const Snapshot& snapshot,
                                         const std::string& uuid) {
  if (!transaction.engine().HasChanges()) return {snapshot.next_row_id, snapshot.sequence};
  auto& engine = transaction.engine();
  // A table that this transaction has changed is one commit ahead of what is committed, or is not
  // there yet at all.
  auto committed = engine.TableAt(uuid, snapshot.sequence);
  if (!committed.has_value() && snapshot.sequence.value > 0) {
    committed = engine.TableAt(uuid, Sequence(snapshot.sequence.value - 1));
  }
  if (!committed.has_value()) return {};
  return {(*committed)->next_row_id, (*committed)->sequence};
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
  counts_[name] += rows.row_count;
  added_.push_back(std::move(rows));
}

void StatementChange::AddDeletes(ChangeSet& change) {
  for (const auto& [id, positions] : deleted_.All()) {
    const uint64_t count = positions->Count();
    if (count == 0) continue;
    counts_["deleted_rows"] += count;
    if (id == kInlineFragment) {
      // A flush takes all old inline rows away anyhow.
      if (!flushes_) change.deleted_inline = positions->ToDeletionVector();
      continue;
    }
    const FragmentId fragment_id(id);
    const auto fragment = snapshot().fragments.Find(fragment_id);
    if (count == fragment->live_count()) {
      change.removed_fragments.push_back(fragment_id);
    } else {
      change.deleted_rows.emplace(fragment_id, positions->ToDeletionVector());
    }
  }
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
  uint64_t rows = snapshot().inline_rows.physical_count();
  uint64_t bytes = snapshot().inline_rows.size_bytes();
  // Only a statement that adds to them pays for moving them.
  bool adds = false;
  for (const auto& result : added_) {
    if (!result.inline_rows.has_value()) continue;
    adds = true;
    rows += result.inline_rows->row_count;
    bytes += result.inline_rows->rows.size();
  }
  return adds && (rows > kInlineRowCountMax || bytes > kInlineSizeBytesMax);
}

void StatementChange::FlushInline(duckdb::ClientContext& context) {
  flushes_ = true;
  const auto part = OnlyInlineRows(*table_, deleted_.Find(kInlineFragment));
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

ChangeSet StatementChange::Build() {
  ChangeSet change;
  change.operation = operation_;
  AddDeletes(change);
  for (auto& result : added_) {
    for (auto& fragment : result.fragments) {
      AddNewFragment(snapshot(), change, std::move(fragment));
    }
    if (result.inline_rows.has_value()) AddInline(change, std::move(*result.inline_rows));
  }
  if (flushes_) change.inline_floor = snapshot().inline_rows.next_position;
  for (const auto& [name, count] : counts_) {
    if (count > 0) change.summary[name] = std::to_string(count);
  }
  return change;
}

void StatementChange::Apply(duckdb::ClientContext& context) {
  const std::lock_guard lock(mutex_);
  keys_.Check(context, deleted_);
  if (MustFlush()) FlushInline(context);
  auto change = Build();
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
