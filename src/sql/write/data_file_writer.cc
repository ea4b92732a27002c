#include "sql/write/data_file_writer.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "sql/accel/column_facts.h"
#include "sql/accel/facts_files.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/store/store_mounts.h"
#include "sql/write/written_file_hash.h"
#include "sql/write/written_statistics.h"

namespace icefall {
namespace {

// What a thread has of a partition.
struct ThreadRows : public duckdb::LocalFunctionData {
  RowsPointer rows;                      // physical ones, of a row group to be
  duckdb::ColumnDataAppendState append;  // of rows

  void Append(duckdb::ClientContext& context, const DataFileFormat& format,
              duckdb::DataChunk& physical) {
    if (rows == nullptr) {
      rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, format.physical_types);
      rows->InitializeAppend(append);
    }
    rows->Append(append, physical);
  }
  RowsPointer Take() {
    append = {};
    return std::move(rows);
  }
};

// A compressed row group, and what is noted of it.
struct NotedGroup : public duckdb::PreparedBatchData {
  duckdb::unique_ptr<duckdb::PreparedBatchData> data;
  std::vector<GroupFacts> facts;
  uint64_t row_count = 0;
};

}  // namespace

struct DataFileWriter::OpenFile {
  duckdb::unique_ptr<NotedGroup> Compress(duckdb::ClientContext& context,
                                          const DataFileFormat& format, RowsPointer rows) const;
  void Write(duckdb::ClientContext& context, const DataFileFormat& format, NotedGroup& group);
  // Writes what a thread has, or leaves it to others when that is little.
  void HandOn(duckdb::ClientContext& context, const DataFileFormat& format, ThreadRows& of_thread);
  // Facts of the file, which was written as `fragment` says.
  void SaveFacts(duckdb::ClientContext& context, FactsFiles& files, const DataFileFormat& format,
                 const Fragment& fragment);

  NewFile name;
  // One of them.
  StoreMounts::WrittenHash hash;
  std::optional<WrittenFileHash> read_hash;  // of what DuckDB writes to disk by itself
  PartitionTuple partition;
  duckdb::unique_ptr<duckdb::GlobalFunctionData> state;
  duckdb::CopyFunctionFileStatistics written;
  std::mutex write_mutex;  // guards `facts`, and that row groups are written in their order
  FactsOfFile facts;
  uint64_t facts_budget_bytes = 0;  // 0: none are collected
  std::mutex rest_mutex;            // guards `rest`
  RowsPointer rest;  // physical rows that threads had left, too few for a row group; may be null
  // Shared by those who append, exclusive for the one who closes.
  std::shared_mutex use;
};

// One that gets at most format.row_limit rows, all of one thread.
struct DataFileWriter::LimitedFile : public duckdb::LocalFunctionData {
  OpenFilePointer file;    // null: nothing of it is written
  ThreadRows rest;         // what is not written yet
  uint64_t row_count = 0;  // both together
};

duckdb::unique_ptr<NotedGroup> DataFileWriter::OpenFile::Compress(duckdb::ClientContext& context,
                                                                  const DataFileFormat& format,
                                                                  RowsPointer rows) const {
  auto group = duckdb::make_uniq<NotedGroup>();
  group->row_count = rows->Count();
  if (facts_budget_bytes > 0) {
    group->facts = CollectGroupFacts(*rows, format.table->stored_count());
  }
  group->data = format.writer().function.prepare_batch(context, *format.writer().bind_data, *state,
                                                       std::move(rows));
  return group;
}

void DataFileWriter::OpenFile::Write(duckdb::ClientContext& context, const DataFileFormat& format,
                                     NotedGroup& group) {
  {
    const std::lock_guard lock(write_mutex);
    format.writer().function.flush_batch(context, *format.writer().bind_data, *state, *group.data);
    if (facts_budget_bytes > 0) facts.Append(std::move(group.facts), group.row_count);
  }
  if (read_hash) read_hash->Advance();
}

void DataFileWriter::OpenFile::HandOn(duckdb::ClientContext& context, const DataFileFormat& format,
                                      ThreadRows& of_thread) {
  auto rows = of_thread.Take();
  if (!format.NearlyFillsRowGroup(*rows)) {
    const std::lock_guard lock(rest_mutex);
    if (rest != nullptr) {
      rest->Combine(*rows);
    } else {
      rest = std::move(rows);
    }
    if (!format.NearlyFillsRowGroup(*rest)) return;
    rows = std::move(rest);
  }
  Write(context, format, *Compress(context, format, std::move(rows)));
}

void DataFileWriter::OpenFile::SaveFacts(duckdb::ClientContext& context, FactsFiles& files,
                                         const DataFileFormat& format, const Fragment& fragment) {
  if (facts_budget_bytes == 0 || fragment.row_count < FactsRowsMin(context)) return;
  if (facts.row_count() != fragment.row_count) return;
  std::vector<FieldId> fields;
  for (size_t i = 0; i < format.table->stored_count(); ++i) {
    fields.push_back(format.table->StoredField(duckdb::PhysicalIndex(i)).id);
  }
  // Those of a stand-in type are in its order, and of no use to readers, who ask for the other.
  files.Save(format.table->uuid(), fragment, facts.Finish(fields, format.physical_types),
             facts_budget_bytes);
}

DataFileWriter::DataFileWriter(duckdb::ClientContext&, IcefallTransaction& transaction,
                               const DataFileFormat& format)
    : transaction_(transaction),
      format_(format),
      partitions_(*format.table, format.table->snapshot()->current_partition_spec()),
      longest_text_(std::make_unique<std::atomic<uint32_t>[]>(format.types.size())) {
  for (size_t i = 0; i < format_.physical_types.size(); ++i) {
    const auto id = format_.physical_types[i].id();
    // Bounds of a stand-in type are not kept.
    if (format_.types[i] != format_.physical_types[i]) continue;
    if (id == duckdb::LogicalTypeId::VARCHAR || id == duckdb::LogicalTypeId::BLOB) {
      text_columns_.push_back(i);
    }
  }
}

DataFileWriter::~DataFileWriter() = default;

duckdb::DataChunk& DataFileWriter::Cast(duckdb::DataChunk& scratch, duckdb::DataChunk& rows) const {
  if (!format_.needs_cast) return rows;
  if (scratch.ColumnCount() == 0) {
    scratch.Initialize(duckdb::Allocator::DefaultAllocator(), format_.physical_types);
  }
  scratch.Reset();
  for (size_t i = 0; i < rows.ColumnCount(); ++i) {
    if (format_.types[i] == format_.physical_types[i]) {
      scratch.data[i].Reference(rows.data[i]);
    } else {
      duckdb::VectorOperations::DefaultCast(rows.data[i], scratch.data[i], rows.size());
    }
  }
  scratch.SetCardinality(rows.size());
  return scratch;
}

void DataFileWriter::NoteTextSizes(duckdb::DataChunk& rows) {
  for (const size_t column : text_columns_) {
    auto& known = longest_text_[column];
    auto longest = known.load(std::memory_order_relaxed);
    if (longest > kBoundSizeMax) continue;
    duckdb::UnifiedVectorFormat format;
    rows.data[column].ToUnifiedFormat(rows.size(), format);
    const auto* texts = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
    for (size_t row = 0; row < rows.size() && longest <= kBoundSizeMax; ++row) {
      const auto index = format.sel->get_index(row);
      if (!format.validity.RowIsValid(index)) continue;
      longest = std::max(longest, static_cast<uint32_t>(texts[index].GetSize()));
    }
    auto before = known.load(std::memory_order_relaxed);
    while (before < longest && !known.compare_exchange_weak(before, longest)) {
    }
  }
}

DataFileWriter::OpenFilePointer DataFileWriter::Open(duckdb::ClientContext& context,
                                                     const PartitionTuple& values) {
  auto file = std::make_shared<OpenFile>();
  file->name =
      Unwrap(transaction_.engine().NewDataFile(format_.table->uuid(), partitions_.Folder(values)));
  file->partition = values;
  file->hash = transaction_.catalog().mounts().HashWhenWritten(file->name.external_path);
  file->state = format_.writer().function.copy_to_initialize_global(
      context, *format_.writer().bind_data, file->name.external_path);
  format_.writer().function.copy_to_get_written_statistics(context, *format_.writer().bind_data,
                                                           *file->state, file->written);
  if (file->hash == nullptr) file->read_hash.emplace(file->name.external_path);
  if (transaction_.catalog().facts_files().enabled()) {
    file->facts_budget_bytes = FactsBudgetBytes(context);
  }
  return file;
}

void DataFileWriter::Close(duckdb::ClientContext& context, OpenFile& file) {
  const std::unique_lock in_use(file.use);
  if (file.rest != nullptr) {
    file.Write(context, format_, *file.Compress(context, format_, std::move(file.rest)));
  }
  format_.writer().function.copy_to_finalize(context, *format_.writer().bind_data, *file.state);
  file.state.reset();
  std::vector<uint32_t> longest_text(format_.types.size());
  for (const size_t column : text_columns_) longest_text[column] = longest_text_[column].load();
  Fragment fragment;
  fragment.path = file.name.path;
  fragment.row_count = file.written.row_count;
  fragment.size_bytes = file.written.file_size_bytes;
  if (!file.written.footer_size_bytes.IsNull()) {
    fragment.footer_size_bytes = file.written.footer_size_bytes.GetValue<uint64_t>();
  }
  fragment.sha256 = file.read_hash ? file.read_hash->FinishHex() : *file.hash;
  fragment.has_row_ids = format_.with_row_ids();
  fragment.partition_values = file.partition;
  fragment.statistics = WrittenStatistics(format_, file.written, longest_text);
  file.SaveFacts(context, transaction_.catalog().facts_files(), format_, fragment);
  const std::lock_guard lock(mutex_);
  closed_.push_back(std::move(fragment));
}

std::pair<DataFileWriter::OpenFilePointer, std::shared_lock<std::shared_mutex>> DataFileWriter::Use(
    duckdb::ClientContext& context, const std::string& key, const PartitionTuple& values) {
  std::vector<OpenFilePointer> full;
  std::unique_lock lock(mutex_);
  const auto take = [&](const std::string& taken) {
    const auto found = open_files_.find(taken);
    full.push_back(found->second);
    open_order_.remove(taken);
    open_files_.erase(found);
  };
  auto found = open_files_.find(key);
  if (found != open_files_.end() && IsFull(*found->second)) {
    take(key);
    found = open_files_.end();
  }
  if (found == open_files_.end()) {
    if (open_files_.size() >= kOpenFileCountMax) take(std::string(open_order_.front()));
    found = open_files_.emplace(key, Open(context, values)).first;
    open_order_.push_back(key);
  }
  // Taken before the mutex is left, so that nobody can close the file in between.
  std::pair result(found->second, std::shared_lock(found->second->use));
  lock.unlock();
  for (const auto& file : full) Close(context, *file);
  return result;
}

void DataFileWriter::Append(duckdb::ExecutionContext& context, Local& local,
                            duckdb::DataChunk& rows) {
  if (rows.size() == 0) return;
  const auto append = [&](const std::string& key, const PartitionTuple& values,
                          duckdb::DataChunk& physical) {
    auto& partition = local.partitions[key];
    if (partition.state == nullptr) partition.values = values;
    if (format_.row_limit > 0) {
      if (partition.state == nullptr) partition.state = duckdb::make_uniq<LimitedFile>();
      AppendLimited(context.client, partition.state->Cast<LimitedFile>(), values, physical);
      return;
    }
    if (partition.state == nullptr) partition.state = duckdb::make_uniq<ThreadRows>();
    auto& of_thread = partition.state->Cast<ThreadRows>();
    of_thread.Append(context.client, format_, physical);
    if (!format_.FillsRowGroup(*of_thread.rows)) return;
    const auto [file, in_use] = Use(context.client, key, values);
    file->HandOn(context.client, format_, of_thread);
  };
  NoteTextSizes(rows);
  auto& physical = Cast(local.cast_rows, rows);
  if (!partitions_.partitioned()) {
    append({}, {}, physical);
    return;
  }
  for (auto& group : partitions_.Split(rows)) {
    const auto key = PartitionValues::Key(group.values);
    if (group.rows.size() == rows.size()) {
      append(key, group.values, physical);
      continue;
    }
    duckdb::DataChunk slice;
    slice.InitializeEmpty(physical.GetTypes());
    slice.Slice(physical, duckdb::SelectionVector(group.rows.data()), group.rows.size());
    append(key, group.values, slice);
  }
}

void DataFileWriter::AppendLimited(duckdb::ClientContext& context, LimitedFile& limited,
                                   const PartitionTuple& values, duckdb::DataChunk& physical) {
  uint64_t first = 0;
  while (first < physical.size()) {
    const uint64_t count = std::min(format_.row_limit - limited.row_count, physical.size() - first);
    duckdb::DataChunk slice;
    slice.InitializeEmpty(physical.GetTypes());
    slice.Slice(physical, duckdb::SelectionVector(first, count), count);
    limited.rest.Append(context, format_, slice);
    limited.row_count += count;
    first += count;
    if (limited.row_count == format_.row_limit) {
      CloseLimited(context, limited, values);
    } else if (format_.FillsRowGroup(*limited.rest.rows)) {
      WriteLimited(context, limited, values);
      if (IsFull(*limited.file)) CloseLimited(context, limited, values);
    }
  }
}

void DataFileWriter::WriteLimited(duckdb::ClientContext& context, LimitedFile& limited,
                                  const PartitionTuple& values) {
  if (limited.file == nullptr) limited.file = Open(context, values);
  auto& file = *limited.file;
  file.Write(context, format_, *file.Compress(context, format_, limited.rest.Take()));
}

void DataFileWriter::CloseLimited(duckdb::ClientContext& context, LimitedFile& limited,
                                  const PartitionTuple& values) {
  if (limited.rest.rows != nullptr) WriteLimited(context, limited, values);
  if (limited.file != nullptr) Close(context, *std::exchange(limited.file, nullptr));
  limited.row_count = 0;
}

void DataFileWriter::Combine(duckdb::ExecutionContext& context, Local& local) {
  for (auto& [key, partition] : local.partitions) {
    if (format_.row_limit > 0) {
      CloseLimited(context.client, partition.state->Cast<LimitedFile>(), partition.values);
      continue;
    }
    auto& of_thread = partition.state->Cast<ThreadRows>();
    if (of_thread.rows == nullptr) continue;
    const auto [file, in_use] = Use(context.client, key, partition.values);
    file->HandOn(context.client, format_, of_thread);
  }
  local.partitions.clear();
}

bool DataFileWriter::IsFull(const OpenFile& file) const {
  return format_.writer().function.rotate_next_file(
      *file.state, *format_.writer().bind_data, duckdb::optional_idx(format_.target_size_bytes));
}

DataFileWriter::OpenFilePointer DataFileWriter::OrderedFile(duckdb::ClientContext& context,
                                                            PieceNumber number) {
  constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();
  const std::lock_guard lock(mutex_);
  if (ordered_files_.empty()) {
    ordered_files_[{kAll, kAll}] = Open(context, ordered_partition_);
  } else if (IsFull(*ordered_files_.rbegin()->second)) {
    // It still takes the numbers below those that it has, so that the order holds over files too.
    auto full = std::exchange(ordered_files_.rbegin()->second, Open(context, ordered_partition_));
    ordered_files_.emplace(ordered_number_max_, std::move(full));
  }
  ordered_number_max_ = std::max(ordered_number_max_, number);
  return ordered_files_.lower_bound(number)->second;
}

std::unique_ptr<DataFileWriter::RowGroup> DataFileWriter::Prepare(duckdb::ClientContext& context,
                                                                  PieceNumber number,
                                                                  RowsPointer rows) {
  if (format_.needs_cast) {
    auto physical_rows =
        duckdb::make_uniq<duckdb::ColumnDataCollection>(context, format_.physical_types);
    duckdb::DataChunk scratch;
    for (auto& chunk : rows->Chunks()) physical_rows->Append(Cast(scratch, chunk));
    rows = std::move(physical_rows);
  }
  auto group = std::make_unique<RowGroup>();
  if (format_.row_limit > 0) {
    group->rows = std::move(rows);
    return group;
  }
  group->file = OrderedFile(context, number);
  group->data = group->file->Compress(context, format_, std::move(rows));
  return group;
}

void DataFileWriter::WriteOrdered(duckdb::ClientContext& context, std::unique_ptr<RowGroup> group) {
  if (group->rows != nullptr) {
    if (ordered_limited_ == nullptr) ordered_limited_ = std::make_unique<LimitedFile>();
    for (auto& chunk : group->rows->Chunks()) {
      AppendLimited(context, *ordered_limited_, ordered_partition_, chunk);
    }
    return;
  }
  // Groups come in order: with the first of the next file, the last one is complete.
  if (written_file_ != nullptr && written_file_ != group->file) Close(context, *written_file_);
  written_file_ = group->file;
  group->file->Write(context, format_, group->data->Cast<NotedGroup>());
}

std::vector<Fragment> DataFileWriter::Finish(duckdb::ClientContext& context) {
  for (const auto& key : open_order_) Close(context, *open_files_.at(key));
  open_order_.clear();
  open_files_.clear();
  if (written_file_ != nullptr) Close(context, *written_file_);
  written_file_.reset();
  if (ordered_limited_ != nullptr) CloseLimited(context, *ordered_limited_, ordered_partition_);
  ordered_files_.clear();
  return std::move(closed_);
}

}  // namespace icefall
