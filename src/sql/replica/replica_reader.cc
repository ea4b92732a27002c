#include "sql/replica/replica_reader.h"

#include <algorithm>
#include <utility>

#include "duckdb/planner/filter/list.hpp"
#include "duckdb/planner/table_filter_state.hpp"
#include "duckdb/storage/data_table.hpp"
#include "duckdb/storage/table/column_segment.hpp"
#include "duckdb/storage/table/row_group_segment_tree.hpp"
#include "duckdb/transaction/duck_transaction.hpp"

#include "accel/replica_files.h"
#include "sql/icefall_catalog.h"
#include "sql/replica/replica_settings.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

// Keeps the rows of `rows` that pass the filters, whose keys are columns of it.
void ApplyFilters(duckdb::ClientContext& context, const duckdb::TableFilterSet& filters,
                  duckdb::DataChunk& rows) {
  duckdb::SelectionVector selection(STANDARD_VECTOR_SIZE);
  auto kept = rows.size();
  for (duckdb::idx_t i = 0; i < kept; ++i) selection.set_index(i, i);
  for (const auto& [column, filter] : filters.filters) {
    if (kept == 0) break;
    duckdb::UnifiedVectorFormat format;
    rows.data[column].ToUnifiedFormat(rows.size(), format);
    const auto state = duckdb::TableFilterState::Initialize(context, *filter);
    duckdb::ColumnSegment::FilterSelection(selection, rows.data[column], format, *filter, *state,
                                           rows.size(), kept);
  }
  if (kept < rows.size()) rows.Slice(selection, kept);
}

}  // namespace

duckdb::shared_ptr<duckdb::BaseFileReader> OpenReplicaReader(duckdb::ClientContext& context,
                                                             const duckdb::OpenFileInfo& info,
                                                             const ScanFile& file) {
  if (file.is_inline() || file.index_rows != nullptr) return nullptr;
  auto& target = *file.list->target();
  const auto& snapshot = target.snapshot();
  if (!HasReplicas(snapshot) || !ReadsReplicas(context)) return nullptr;
  auto columns = ColumnsOfReplica(snapshot, *file.fragment);
  auto definitions = ReplicaDefinitions(context, snapshot, *file.fragment, columns);
  WantedReplica wanted;
  wanted.identity = ReplicaIdentity(target.entry->uuid(), *file.fragment);
  wanted.key = ReplicaKey(target.entry->uuid(), wanted.identity);
  wanted.row_count = file.fragment->row_count;
  for (const auto& definition : definitions) wanted.types.push_back(definition.type);
  auto replica = target.catalog.open_replicas().Get(context, wanted);
  if (replica == nullptr) return nullptr;
  return duckdb::make_shared_ptr<ReplicaReader>(info, file, std::move(replica), std::move(columns),
                                                std::move(definitions));
}

// What one thread reads: a row group, then the next.
struct ReplicaReader::Task {
  duckdb::TableScanState scan;
  uint64_t end = 0;  // of the row group
  duckdb::DataChunk rows;
  std::unique_ptr<RowScanner> parquet;  // instead of the replica
  duckdb::DataChunk parquet_rows;
};

ReplicaReader::ReplicaReader(const duckdb::OpenFileInfo& info, const ScanFile& file,
                             OpenReplicaPointer replica, ReplicaColumns replica_columns,
                             duckdb::vector<duckdb::MultiFileColumnDefinition> file_columns)
    : BaseFileReader(info),
      file_(file),
      replica_(std::move(replica)),
      columns_(std::move(replica_columns)),
      hidden_(file.HiddenRows()) {
  columns = std::move(file_columns);
}

ReplicaReader::~ReplicaReader() = default;

// The only one that a fragment's reader is asked for is the position.
void ReplicaReader::AddVirtualColumn(duckdb::column_t) {}

void ReplicaReader::StartScan(duckdb::ClientContext& context) {
  is_started_ = true;
  duckdb::vector<duckdb::ColumnIndex> indexes;
  for (size_t i = 0; i < column_ids.size(); ++i) {
    const auto column = column_ids[duckdb::MultiFileLocalIndex(i)].GetId();
    const bool is_position = column >= columns_.columns.size();
    indexes.emplace_back(is_position ? duckdb::COLUMN_IDENTIFIER_ROW_ID : column);
    types_.push_back(is_position ? duckdb::LogicalType::BIGINT : columns[column].type);
    if (!is_position) continue;
    has_position_ = true;
    position_column_ = i;
  }
  // Without columns there would be no rows.
  if (!has_position_ && (hidden_ != nullptr || indexes.empty())) {
    has_position_ = true;
    position_column_ = indexes.size();
    indexes.emplace_back(duckdb::COLUMN_IDENTIFIER_ROW_ID);
    types_.push_back(duckdb::LogicalType::BIGINT);
  }
  for (const auto& index : indexes) storage_.emplace_back(index.GetPrimaryIndex());
  replica_->table->GetStorage().InitializeParallelScan(context, parallel_, indexes);
}

ReplicaReader::Task& ReplicaReader::TaskOf(const duckdb::LocalTableFunctionState& thread) {
  const std::lock_guard lock(mutex_);
  return *tasks_.at(&thread);
}

bool ReplicaReader::StartTask(duckdb::ClientContext& context, Task& task) {
  auto& table = replica_->table->GetStorage();
  if (task.rows.ColumnCount() == 0) {
    task.scan.Initialize(storage_, &context, filters.get());
    task.rows.Initialize(context, types_);
  }
  if (table.NextParallelScan(context, parallel_, task.scan) == 0) return false;
  task.end = task.scan.table_state.max_row;
  claimed_rows_ = task.end;
  return true;
}

bool ReplicaReader::TryInitializeScan(duckdb::ClientContext& context,
                                      duckdb::GlobalTableFunctionState&,
                                      duckdb::LocalTableFunctionState& thread) {
  if (is_claimed_) return false;
  Task* task = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& place = tasks_[&thread];
    if (place == nullptr) place = std::make_unique<Task>();
    task = place.get();
  }
  task->parquet.reset();
  if (!is_damaged_) {
    try {
      if (!is_started_) StartScan(context);
      is_claimed_ = !StartTask(context, *task);
      return !is_claimed_;
    } catch (const duckdb::InterruptException&) {
      throw;
    } catch (const std::exception&) {
      is_damaged_ = true;
    }
  }
  is_claimed_ = true;
  if (claimed_rows_ >= file_.fragment->row_count) return false;
  UseParquet(context, *task, claimed_rows_, file_.fragment->row_count);
  return true;
}

void ReplicaReader::UseParquet(duckdb::ClientContext& context, Task& task, uint64_t begin,
                               uint64_t end) {
  is_damaged_ = true;
  auto& target = *file_.list->target();
  target.catalog.open_replicas().Discard(replica_->key);
  duckdb::vector<duckdb::column_t> wanted;
  for (const auto& index : storage_) {
    if (!index.IsRowIdColumn()) wanted.push_back(columns_.columns[index.GetPrimaryIndex()]);
  }
  task.parquet = std::make_unique<RowScanner>(context, FileAsWritten(*target.entry, file_.fragment),
                                              std::move(wanted), PositionRange{begin, end});
  task.parquet_rows.Destroy();
  task.parquet_rows.Initialize(context, task.parquet->types());
}

bool ReplicaReader::ReadParquet(duckdb::ClientContext& context, Task& task) {
  if (!task.parquet->Next(task.parquet_rows)) return false;
  // The position is the last column there, once.
  size_t next = 0;
  const auto position = task.parquet_rows.ColumnCount() - 1;
  duckdb::DataChunk rows;
  rows.InitializeEmpty(types_);
  for (size_t i = 0; i < storage_.size(); ++i) {
    rows.data[i].Reference(task.parquet_rows.data[storage_[i].IsRowIdColumn() ? position : next++]);
  }
  rows.SetCardinality(task.parquet_rows.size());
  if (filters) ApplyFilters(context, *filters, rows);
  task.rows.Move(rows);
  return true;
}

bool ReplicaReader::ReadReplica(duckdb::ClientContext& context, Task& task) {
  auto& state = task.scan.table_state;
  if (!state.row_group) return false;
  const auto begin = state.row_group->GetRowStart() + state.vector_index * STANDARD_VECTOR_SIZE;
  try {
    auto& transaction = duckdb::DuckTransaction::Get(context, *replica_->database);
    task.rows.Reset();
    replica_->table->GetStorage().Scan(transaction, task.rows, task.scan);
    return task.rows.size() > 0;
  } catch (const duckdb::InterruptException&) {
    throw;
  } catch (const std::exception&) {
    UseParquet(context, task, begin, task.end);
  }
  return ReadParquet(context, task);
}

void ReplicaReader::LeaveOutDeleted(duckdb::DataChunk& rows) const {
  if (hidden_ == nullptr || rows.size() == 0) return;
  auto& column = rows.data[position_column_];
  column.Flatten(rows.size());
  const auto* positions = duckdb::FlatVector::GetData<int64_t>(column);
  const auto begin = static_cast<uint64_t>(positions[0]);
  const auto end = static_cast<uint64_t>(positions[rows.size() - 1]) + 1;
  if (hidden_->CardinalityInRange(begin, end) == 0) return;
  std::vector<uint32_t> live(end - begin);
  live.resize(hidden_->SelectLive(begin, end - begin, live.data()));
  duckdb::SelectionVector selection(rows.size());
  duckdb::idx_t kept = 0;
  auto next = live.begin();
  for (duckdb::idx_t i = 0; i < rows.size(); ++i) {
    const auto offset = static_cast<uint64_t>(positions[i]) - begin;
    while (next != live.end() && *next < offset) ++next;
    if (next != live.end() && *next == offset) selection.set_index(kept++, i);
  }
  rows.Slice(selection, kept);
}

duckdb::AsyncResult ReplicaReader::Scan(duckdb::ClientContext& context,
                                        duckdb::GlobalTableFunctionState&,
                                        duckdb::LocalTableFunctionState& thread,
                                        duckdb::DataChunk& chunk) {
  auto& task = TaskOf(thread);
  const bool has_rows =
      task.parquet != nullptr ? ReadParquet(context, task) : ReadReplica(context, task);
  if (!has_rows) return duckdb::AsyncResult(duckdb::SourceResultType::FINISHED);
  LeaveOutDeleted(task.rows);
  for (size_t i = 0; i < column_ids.size(); ++i) chunk.data[i].Reference(task.rows.data[i]);
  chunk.SetCardinality(task.rows.size());
  return duckdb::AsyncResult(duckdb::SourceResultType::HAVE_MORE_OUTPUT);
}

duckdb::string ReplicaReader::GetReaderType() const { return "Icefall replica"; }

}  // namespace icefall
