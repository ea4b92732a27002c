#include "sql/replica/replica_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "duckdb/execution/adaptive_filter.hpp"
#include "duckdb/planner/filter/list.hpp"
#include "duckdb/storage/data_table.hpp"
#include "duckdb/storage/table/row_group_segment_tree.hpp"
#include "duckdb/transaction/duck_transaction.hpp"

#include "accel/replica_files.h"
#include "sql/icefall_catalog.h"
#include "sql/replica/replica_settings.h"
#include "sql/scan/filter_rows.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

// A join that looks up few rows again hands down their positions as an optional filter, by which
// DuckDB leaves out vectors but no rows of others. This one leaves out rows; null: as it was.
// Behind the other, which takes much less to leave out a vector.
duckdb::unique_ptr<duckdb::TableFilter> ExactPositions(const duckdb::TableFilter& filter) {
  constexpr size_t kPositionsMax = 64;
  if (filter.filter_type == duckdb::TableFilterType::OPTIONAL_FILTER) {
    const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
    auto exact = child ? ExactPositions(*child) : nullptr;
    if (!exact) return nullptr;
    auto both = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
    both->child_filters.push_back(filter.Copy());
    both->child_filters.push_back(std::move(exact));
    return both;
  }
  if (filter.filter_type == duckdb::TableFilterType::CONJUNCTION_AND) {
    auto all = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
    bool is_exact = false;
    for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
      auto exact = ExactPositions(*child);
      is_exact = is_exact || exact != nullptr;
      all->child_filters.push_back(exact ? std::move(exact) : child->Copy());
    }
    return is_exact ? std::move(all) : nullptr;
  }
  if (filter.filter_type != duckdb::TableFilterType::IN_FILTER) return nullptr;
  const auto& values = filter.Cast<duckdb::InFilter>().values;
  if (values.size() > kPositionsMax) return nullptr;
  auto any = duckdb::make_uniq<duckdb::ConjunctionOrFilter>();
  for (const auto& value : values) {
    any->child_filters.push_back(
        duckdb::make_uniq<duckdb::ConstantFilter>(duckdb::ExpressionType::COMPARE_EQUAL, value));
  }
  return any;
}

}  // namespace

duckdb::shared_ptr<duckdb::BaseFileReader> OpenReplicaReader(duckdb::ClientContext& context,
                                                             const duckdb::OpenFileInfo& info,
                                                             const ScanFile& file) {
  if (file.is_inline() || file.index_rows != nullptr) return nullptr;
  auto& target = *file.list->target();
  const auto& snapshot = target.snapshot();
  if (!HasReplicas(snapshot) || !ReadsReplicas(context)) return nullptr;
  auto replica = target.catalog.open_replicas().Get(context, snapshot, *file.fragment);
  if (replica == nullptr) return nullptr;
  return duckdb::make_shared_ptr<ReplicaReader>(info, file, std::move(replica));
}

// What one thread reads: a row group, then the next.
struct ReplicaReader::Task {
  duckdb::TableScanState scan;
  duckdb::DuckTransaction* transaction = nullptr;  // of the replica, in the scan's transaction
  duckdb::DataTable* table = nullptr;              // the replica's
  uint64_t begin = 0;                              // of the row group
  uint64_t end = 0;
  duckdb::DataChunk rows;
  std::unique_ptr<RowScanner> parquet;  // instead of the replica
  duckdb::DataChunk parquet_rows;
};

ReplicaReader::ReplicaReader(const duckdb::OpenFileInfo& info, const ScanFile& file,
                             OpenReplicaPointer replica)
    : BaseFileReader(info), file_(file), replica_(std::move(replica)), hidden_(file.HiddenRows()) {}

ReplicaReader::~ReplicaReader() = default;

void ReplicaReader::SelectColumns(const duckdb::vector<duckdb::ColumnIndex>& column_ids) {
  const auto& layout = replica_->layout;
  const auto& fields = file_.list->target()->entry->table_schema().fields;
  columns.reserve(column_ids.size());
  const auto add = [&](int32_t field_id) {
    const auto found = layout.places.find(field_id);
    if (found == layout.places.end()) return;
    columns.push_back(layout.definitions[found->second]);
    places_.push_back(found->second);
  };
  for (const auto& index : column_ids) {
    const auto column = index.GetPrimaryIndex();
    if (column == kRowIdColumn) {
      add(duckdb::MultiFileReader::ROW_ID_FIELD_ID);
    } else if (column == kSequenceColumn) {
      add(duckdb::MultiFileReader::LAST_UPDATED_SEQUENCE_NUMBER_ID);
    } else if (!duckdb::IsVirtualColumn(column)) {
      add(fields[column].id.value);
    }
  }
}

bool ReplicaReader::ReadPlainly(duckdb::ClientContext& context,
                                const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                                duckdb::unique_ptr<duckdb::TableFilterSet>& wanted) {
  const auto& layout = replica_->layout;
  const auto& table = *file_.list->target()->entry;
  const auto& fields = table.table_schema().fields;
  duckdb::vector<duckdb::StorageIndex> storage;
  duckdb::vector<duckdb::LogicalType> types;
  std::optional<size_t> position;
  for (const auto& index : column_ids) {
    const auto column = index.GetPrimaryIndex();
    if (index.HasChildren()) return false;
    if (column == kPositionColumn) {
      position = storage.size();
      storage.emplace_back(duckdb::COLUMN_IDENTIFIER_ROW_ID);
      types.push_back(duckdb::LogicalType::BIGINT);
      continue;
    }
    if (duckdb::IsVirtualColumn(column)) return false;
    const auto place = layout.places.find(fields[column].id.value);
    if (place == layout.places.end()) return false;
    const auto& type = layout.types[place->second];
    if (type != table.GetColumn(duckdb::LogicalIndex(column)).Type()) return false;
    storage.emplace_back(place->second);
    types.push_back(type);
  }
  if (storage.empty()) return false;
  is_plain_ = true;
  column_count_ = storage.size();
  storage_ = std::move(storage);
  types_ = std::move(types);
  has_position_ = position.has_value();
  position_column_ = position.value_or(0);
  if (wanted && !wanted->filters.empty()) filters = std::move(wanted);
  Start(context);
  return true;
}

// The only one that a fragment's reader is asked for is the position.
void ReplicaReader::AddVirtualColumn(duckdb::column_t) {}

void ReplicaReader::SelectStorage() {
  for (size_t i = 0; i < column_ids.size(); ++i) {
    const auto column = column_ids[duckdb::MultiFileLocalIndex(i)].GetId();
    const bool is_position = column >= places_.size();
    storage_.emplace_back(is_position ? duckdb::COLUMN_IDENTIFIER_ROW_ID : places_[column]);
    types_.push_back(is_position ? duckdb::LogicalType::BIGINT : columns[column].type);
    if (!is_position) continue;
    has_position_ = true;
    position_column_ = i;
  }
  column_count_ = storage_.size();
}

void ReplicaReader::Start(duckdb::ClientContext& context) {
  try {
    StartScan(context);
  } catch (const duckdb::InterruptException&) {
    throw;
  } catch (const std::exception&) {
    is_damaged_ = true;
  }
}

void ReplicaReader::StartScan(duckdb::ClientContext& context) {
  is_started_ = true;
  if (!is_plain_) {
    SelectStorage();
    places_of_tasks_ = std::make_unique<std::array<TaskPlace, 16>>();
  }
  // Without columns there would be no rows.
  if (!has_position_ && (hidden_ != nullptr || storage_.empty())) {
    has_position_ = true;
    position_column_ = storage_.size();
    storage_.emplace_back(duckdb::COLUMN_IDENTIFIER_ROW_ID);
    types_.push_back(duckdb::LogicalType::BIGINT);
  }
  for (size_t i = 0; filters && i < storage_.size(); ++i) {
    const auto found = filters->filters.find(i);
    if (found == filters->filters.end() || !storage_[i].IsRowIdColumn()) continue;
    if (auto exact = ExactPositions(*found->second)) found->second = std::move(exact);
  }
  ascending_ = AscendingFilters(*replica_, storage_, filters.get());
  OrderRowGroups(context);
  duckdb::vector<duckdb::ColumnIndex> indexes;
  for (const auto& index : storage_) indexes.emplace_back(index.GetPrimaryIndex());
  replica_->table->GetStorage().InitializeParallelScan(context, parallel_, indexes);
}

void ReplicaReader::OrderRowGroups(duckdb::ClientContext& context) {
  const auto order = file_.list->order();
  if (order == nullptr || order->column_idx.HasChildren()) return;
  const auto& definition = file_.list->target()->entry->definition();
  const auto stored = order->column_idx.GetPrimaryIndex();
  const auto id = definition.schema->fields[definition.stored_fields[stored]].id;
  const auto& layout = replica_->layout;
  const auto place = layout.places.find(id.value);
  if (place == layout.places.end()) return;
  if (layout.types[place->second] != definition.stored_types[stored]) return;
  // Without limits, which count rows that may be deleted, and which whole files have used up.
  const duckdb::RowGroupOrderOptions options(duckdb::StorageIndex(place->second), order->order_by,
                                             order->order_type, order->null_order,
                                             order->column_type);
  auto& transaction = duckdb::DuckTransaction::Get(context, *replica_->database);
  parallel_.scan_state.reorderer =
      duckdb::make_uniq<duckdb::RowGroupReorderer>(options, duckdb::TransactionData(transaction));
}

ReplicaReader::Task& ReplicaReader::StartThread(const duckdb::LocalTableFunctionState& thread) {
  const std::lock_guard lock(mutex_);
  auto& task = tasks_[&thread];
  if (task != nullptr) return *task;
  task = std::make_unique<Task>();
  if (places_of_tasks_ != nullptr && tasks_.size() <= places_of_tasks_->size()) {
    auto& place = (*places_of_tasks_)[tasks_.size() - 1];
    place.task = task.get();
    place.thread.store(&thread, std::memory_order_release);
  }
  return *task;
}

ReplicaReader::Task& ReplicaReader::TaskOf(const duckdb::LocalTableFunctionState& thread) {
  if (places_of_tasks_ != nullptr) {
    for (const auto& place : *places_of_tasks_) {
      const auto* known = place.thread.load(std::memory_order_acquire);
      if (known == &thread) return *place.task;
      if (known == nullptr) break;
    }
  }
  const std::lock_guard lock(mutex_);
  return *tasks_.at(&thread);
}

bool ReplicaReader::StartTask(duckdb::ClientContext& context, Task& task) {
  if (task.table == nullptr) {
    task.scan.Initialize(storage_, &context, filters.get());
    task.transaction = &duckdb::DuckTransaction::Get(context, *replica_->database);
    task.table = &replica_->table->GetStorage();
  }
  auto& state = task.scan.table_state;
  while (task.table->NextParallelScan(context, parallel_, task.scan) != 0) {
    task.begin = state.row_group->GetRowStart();
    task.end = state.max_row;
    const bool has_rows = ascending_.Narrow(*task.transaction, state);
    const std::lock_guard lock(mutex_);
    claimed_.emplace(task.begin, task.end);
    if (has_rows) return true;
  }
  return false;
}

bool ReplicaReader::ClaimParquet(duckdb::ClientContext& context, Task& task) {
  uint64_t begin = 0;
  uint64_t end = file_.fragment->row_count;
  {
    const std::lock_guard lock(mutex_);
    auto next = claimed_.begin();
    for (; next != claimed_.end() && next->first == begin; ++next) begin = next->second;
    if (begin >= end) return false;
    if (next != claimed_.end()) end = next->first;
    claimed_.emplace(begin, end);
  }
  UseParquet(context, task, begin, end);
  return true;
}

std::optional<bool> ReplicaReader::ClaimReplica(duckdb::ClientContext& context, Task& task) {
  const std::shared_lock lock(claims_);
  // Looked at once more: ClaimParquet takes all that was not noted when it had the lock.
  if (is_damaged_) return std::nullopt;
  const bool has_more = StartTask(context, task);
  if (!has_more) is_claimed_ = true;
  return has_more;
}

bool ReplicaReader::StartNext(duckdb::ClientContext& context, Task& task) {
  if (is_claimed_) return false;
  task.parquet.reset();
  try {
    if (const auto has_more = ClaimReplica(context, task)) return *has_more;
  } catch (const duckdb::InterruptException&) {
    throw;
  } catch (const std::exception&) {
    is_damaged_ = true;
  }
  // Others may have come to the end meanwhile, without the rows of which this thread had taken the
  // replica.
  const std::unique_lock lock(claims_);
  is_claimed_ = !ClaimParquet(context, task);
  return !is_claimed_;
}

// DuckDB's scan has one thread at a time come here.
bool ReplicaReader::TryInitializeScan(duckdb::ClientContext& context,
                                      duckdb::GlobalTableFunctionState&,
                                      duckdb::LocalTableFunctionState& thread) {
  if (is_claimed_) return false;
  if (!is_started_) Start(context);
  return StartNext(context, StartThread(thread));
}

uint64_t ReplicaReader::CountTasks(duckdb::ClientContext& context, uint64_t count_max) const {
  const auto& scan = parallel_.scan_state;
  if (is_damaged_ || !filters || scan.reorderer != nullptr) return count_max;
  duckdb::ScanFilterInfo checked;
  checked.Initialize(context, *filters, storage_);
  uint64_t count = 0;
  try {
    for (auto group = scan.current_row_group; group && count < count_max;
         group = scan.row_groups->GetNextSegment(*group)) {
      count += group->GetNode().CheckZonemap(checked) ? 1 : 0;
    }
  } catch (const std::exception&) {
    // Found again when it is read.
    return count_max;
  }
  return count;
}

void ReplicaReader::UseParquet(duckdb::ClientContext& context, Task& task, uint64_t begin,
                               uint64_t end) {
  is_damaged_ = true;
  auto& target = *file_.list->target();
  target.catalog.open_replicas().Discard(*replica_);
  const auto& stored = replica_->layout.columns.columns;
  duckdb::vector<duckdb::column_t> wanted;
  for (const auto& index : storage_) {
    if (!index.IsRowIdColumn()) wanted.push_back(stored[index.GetPrimaryIndex()]);
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
  duckdb::SelectionVector selection(STANDARD_VECTOR_SIZE);
  for (duckdb::idx_t i = 0; i < rows.size(); ++i) selection.set_index(i, i);
  const auto kept = FilterRows(context, filters.get(), rows, selection, rows.size());
  if (kept < rows.size()) rows.Slice(selection, kept);
  task.rows.Move(rows);
  return true;
}

bool ReplicaReader::ReadReplica(duckdb::ClientContext& context, Task& task,
                                duckdb::DataChunk& rows) {
  const auto& state = task.scan.table_state;
  if (!state.row_group) return false;
  const auto vector_index = state.vector_index;
  try {
    task.table->Scan(*task.transaction, rows, task.scan);
    return rows.size() > 0;
  } catch (const duckdb::InterruptException&) {
    throw;
  } catch (const std::exception&) {
    rows.Reset();
    UseParquet(context, task, task.begin + vector_index * STANDARD_VECTOR_SIZE, task.end);
    return false;
  }
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

bool ReplicaReader::ReadRows(duckdb::ClientContext& context, Task& task) {
  bool has_rows = false;
  if (task.parquet == nullptr) {
    if (task.rows.ColumnCount() == 0) {
      task.rows.Initialize(context, types_);
    } else {
      task.rows.Reset();
    }
    has_rows = ReadReplica(context, task, task.rows);
  }
  // Perhaps from now on.
  if (task.parquet != nullptr) has_rows = ReadParquet(context, task);
  if (has_rows) LeaveOutDeleted(task.rows);
  return has_rows;
}

bool ReplicaReader::ScanPlain(duckdb::ClientContext& context, Task& task,
                              const duckdb::vector<duckdb::idx_t>& kept, duckdb::DataChunk& chunk) {
  if (task.parquet == nullptr && kept.empty() && IsReadDirectly()) {
    while (ReadReplica(context, task, chunk)) {
      if (hidden_ == nullptr) return true;
      LeaveOutDeleted(chunk);
      if (chunk.size() > 0) return true;
      chunk.Reset();
    }
    if (task.parquet == nullptr) return false;
  }
  while (ReadRows(context, task)) {
    if (task.rows.size() == 0) continue;
    for (size_t i = 0; i < chunk.ColumnCount(); ++i) {
      chunk.data[i].Reference(task.rows.data[kept.empty() ? i : kept[i]]);
    }
    chunk.SetCardinality(task.rows.size());
    return true;
  }
  return false;
}

duckdb::AsyncResult ReplicaReader::Scan(duckdb::ClientContext& context,
                                        duckdb::GlobalTableFunctionState&,
                                        duckdb::LocalTableFunctionState& thread,
                                        duckdb::DataChunk& chunk) {
  // PlainReplicaScan came to the end of the task.
  if (is_plain_) return duckdb::AsyncResult(duckdb::SourceResultType::FINISHED);
  auto& task = TaskOf(thread);
  if (!ReadRows(context, task)) {
    return duckdb::AsyncResult(duckdb::SourceResultType::FINISHED);
  }
  for (size_t i = 0; i < column_count_; ++i) chunk.data[i].Reference(task.rows.data[i]);
  chunk.SetCardinality(task.rows.size());
  return duckdb::AsyncResult(duckdb::SourceResultType::HAVE_MORE_OUTPUT);
}

duckdb::string ReplicaReader::GetReaderType() const { return "Icefall replica"; }

}  // namespace icefall
