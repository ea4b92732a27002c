#include "sql/scan/code_reader.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "format/parquet_chunk.h"
#include "sql/icefall_catalog.h"
#include "sql/replica/replica_columns.h"
#include "sql/scan/column_definitions.h"
#include "sql/scan/filter_rows.h"
#include "sql/scan/row_scanner.h"

namespace icefall {
namespace {

// What is opened of smaller files would take more memory than it saves time.
constexpr uint64_t kRowsMin = 16'384;
// Of more columns, others than those of the first filters have to be read anyhow.
constexpr size_t kColumnsMax = 4;

// Of a smaller part of a row group, codes are read one by one.
constexpr uint64_t kUnpackShare = 16;

bool HaveDictionaries(const ScanFile& file, const std::vector<duckdb::column_t>& columns) {
  auto paged = PagedColumns::Of(file);
  return std::ranges::all_of(columns, [&](duckdb::column_t column) {
    return !duckdb::IsVirtualColumn(column) && paged.HasDictionaries(column);
  });
}

}  // namespace

bool IsReadByCodes(const ScanFile& file, const duckdb::vector<duckdb::ColumnIndex>* column_ids) {
  if (file.is_inline() || file.index_rows != nullptr || file.positions != nullptr) return false;
  if (file.fragment->row_count < kRowsMin) return false;
  const bool is_distinct = file.list->is_distinct();
  std::vector<duckdb::column_t> columns;
  if (column_ids != nullptr) {
    for (const auto& index : *column_ids) {
      if (index.HasChildren() || index.IsPushdownExtract()) return false;
      columns.push_back(index.GetPrimaryIndex());
    }
  } else if (file.list->column_ids()) {
    columns.assign(file.list->column_ids()->begin(), file.list->column_ids()->end());
  } else {
    return is_distinct && file.list->target()->snapshot().schemas.contains(file.fragment->schema);
  }
  if (columns.empty() || columns.size() > (is_distinct ? 1 : kColumnsMax)) return false;
  if (!is_distinct && !std::ranges::all_of(columns, [&](duckdb::column_t column) {
        return file.list->FilterOf(column) != nullptr;
      })) {
    return false;
  }
  return HaveDictionaries(file, columns);
}

// Of one row group.
struct CodeReader::Column {
  std::unique_ptr<ParquetChunk> chunk;
  std::optional<uint64_t> null_count;  // see PagedColumns::NullsBesideDictionary
  std::vector<uint32_t> codes;         // of each row; size of the dictionary: NULL
  uint32_t null_code = 0;
  std::unique_ptr<duckdb::Vector> values;  // by code, NULL last
  std::vector<uint8_t> passes;             // by code: 1 where the value passes the filter
};

struct CodeReader::Task {
  size_t group = 0;
  bool is_read = false;
  std::vector<Column> columns;
  std::vector<uint32_t> rows;  // of the row group, that pass
  size_t next = 0;             // of what is answered
  std::unique_ptr<RowScanner> parquet;
  duckdb::DataChunk parquet_rows;
};

CodeReader::CodeReader(duckdb::ClientContext& context, const duckdb::OpenFileInfo& info,
                       const ScanFile& file)
    : BaseFileReader(info),
      file_(file),
      hidden_(file.HiddenRows()),
      paged_(PagedColumns::Of(file)) {
  const auto& target = *file.list->target();
  const auto& table_fields = target.entry->table_schema().fields;
  const auto& written = target.snapshot().schemas.at(file.fragment->schema)->fields;
  std::vector<Field> fields;
  for (size_t i = 0; i < written.size(); ++i) {
    if (written[i].generated_as) continue;
    fields.push_back(written[i]);
    written_columns_.push_back(i);
    const auto now = std::ranges::find(table_fields, written[i].id, &Field::id);
    table_columns_.push_back(static_cast<duckdb::column_t>(now - table_fields.begin()));
  }
  columns = ColumnDefinitions(context, fields, MappingSide::kFile);
}

CodeReader::~CodeReader() = default;

void CodeReader::AddVirtualColumn(duckdb::column_t) {}

CodeReader::Task& CodeReader::TaskOf(const duckdb::LocalTableFunctionState& thread) {
  const std::lock_guard lock(mutex_);
  return *tasks_.at(&thread);
}

bool CodeReader::TryInitializeScan(duckdb::ClientContext&, duckdb::GlobalTableFunctionState&,
                                   duckdb::LocalTableFunctionState& thread) {
  const std::lock_guard lock(mutex_);
  if (groups_ == nullptr) groups_ = &paged_.row_groups();
  if (next_group_ >= groups_->size()) return false;
  auto& task = tasks_[&thread];
  if (task == nullptr) task = std::make_unique<Task>();
  task->group = next_group_++;
  task->is_read = false;
  task->parquet.reset();
  return true;
}

bool CodeReader::FilterDictionary(duckdb::ClientContext& context, size_t index,
                                  Column& column) const {
  const auto count = size_t{column.null_code} + 1;
  column.passes.assign(count, 1);
  if (!filters) return true;
  const auto found = filters->filters.find(index);
  if (found == filters->filters.end()) return true;
  column.passes.assign(count, 0);
  const auto& filter = *found->second;
  duckdb::idx_t passed = 0;
  for (size_t begin = 0; begin < count; begin += STANDARD_VECTOR_SIZE) {
    const auto size = std::min<size_t>(STANDARD_VECTOR_SIZE, count - begin);
    duckdb::Vector part(*column.values, begin, begin + size);
    duckdb::SelectionVector selection(0, size);
    const auto kept = FilterValues(context, filter, part, size, selection, size);
    for (size_t i = 0; i < kept; ++i) column.passes[begin + selection.get_index(i)] = 1;
    passed += kept;
  }
  return passed > 0;
}

bool CodeReader::ReadColumn(Task& task, size_t index) {
  auto& column = task.columns[index];
  const auto local = column_ids[duckdb::MultiFileLocalIndex(index)].GetId();
  {
    const std::lock_guard lock(mutex_);
    column.chunk = paged_.OpenOwn(table_columns_[local], task.group);
    column.null_count = paged_.NullsBesideDictionary(table_columns_[local], task.group);
  }
  if (column.chunk == nullptr) return false;
  const auto dictionary = column.chunk->Dictionary();
  if (!dictionary || dictionary->size() >= ParquetChunk::kNullCode) return false;
  column.null_code = static_cast<uint32_t>(dictionary->size());
  column.values = std::make_unique<duckdb::Vector>(columns[local].type, dictionary->size() + 1);
  for (size_t i = 0; i < dictionary->size(); ++i) {
    SetPlainValue((*dictionary)[i], *column.values, i);
  }
  duckdb::FlatVector::SetNull(*column.values, column.null_code, true);
  return true;
}

bool CodeReader::SelectRows(Task& task) const {
  auto& first = task.columns.front();
  auto& rows = task.rows;
  uint64_t row_count = 0;
  const auto read = first.chunk->ReadCodes([&](uint64_t row, std::span<const uint32_t> codes) {
    size_t kept = rows.size();
    row_count += codes.size();
    rows.resize(kept + codes.size());
    for (const auto code : codes) {
      rows[kept] = static_cast<uint32_t>(row++);
      kept += first.passes[std::min(code, first.null_code)];
    }
    rows.resize(kept);
  });
  if (!read || row_count != (*groups_)[task.group].row_count) return false;
  for (size_t i = 1; i < task.columns.size(); ++i) {
    auto& column = task.columns[i];
    if (!ReadCodesOfRows(task, column)) return false;
    size_t kept = 0;
    for (size_t k = 0; k < rows.size(); ++k) {
      rows[kept] = rows[k];
      kept += column.passes[column.codes[k]];
    }
    rows.resize(kept);
  }
  const auto& group = (*groups_)[task.group];
  const auto begin = group.first_row;
  if (hidden_ != nullptr && hidden_->CardinalityInRange(begin, begin + group.row_count) > 0) {
    std::erase_if(rows, [&](uint32_t row) { return hidden_->Contains(begin + row); });
  }
  return std::ranges::all_of(task.columns,
                             [&](Column& column) { return ReadCodesOfRows(task, column); });
}

bool CodeReader::ReadCodesOfRows(const Task& task, Column& column) const {
  const auto& rows = task.rows;
  column.codes.resize(rows.size());
  if (rows.empty()) return true;
  if (rows.size() < (*groups_)[task.group].row_count / kUnpackShare) {
    if (!column.chunk->ReadCodesAt(rows, column.codes)) return false;
  } else {
    size_t next = 0;
    const auto read = column.chunk->ReadCodes([&](uint64_t row, std::span<const uint32_t> codes) {
      for (; next < rows.size() && rows[next] - row < codes.size(); ++next) {
        column.codes[next] = codes[rows[next] - row];
      }
    });
    if (!read || next < rows.size()) return false;
  }
  for (auto& code : column.codes) code = std::min(code, column.null_code);
  return true;
}

bool CodeReader::FindValues(const Task& task, bool has_hidden,
                            std::vector<uint8_t>& is_there) const {
  const auto& column = task.columns.front();
  const auto& group = (*groups_)[task.group];
  uint64_t row_count = 0;
  const auto read = column.chunk->ReadCodes([&](uint64_t row, std::span<const uint32_t> codes) {
    row_count += codes.size();
    if (!has_hidden) {
      for (const auto code : codes) is_there[std::min(code, column.null_code)] = 1;
      return;
    }
    std::vector<uint32_t> live(codes.size());
    live.resize(hidden_->SelectLive(group.first_row + row, codes.size(), live.data()));
    for (const auto i : live) is_there[std::min(codes[i], column.null_code)] = 1;
  });
  return read && row_count == group.row_count;
}

bool CodeReader::SelectValues(Task& task) const {
  auto& column = task.columns.front();
  const auto& group = (*groups_)[task.group];
  const auto begin = group.first_row;
  const bool has_hidden =
      hidden_ != nullptr && hidden_->CardinalityInRange(begin, begin + group.row_count) > 0;
  std::vector<uint8_t> is_there(size_t{column.null_code} + 1);
  if (column.null_count && column.chunk->has_only_codes() && !has_hidden) {
    std::ranges::fill(is_there, 1);
    is_there.back() = *column.null_count > 0 ? 1 : 0;
  } else if (!FindValues(task, has_hidden, is_there)) {
    return false;
  }
  for (uint32_t code = 0; code <= column.null_code; ++code) {
    if (is_there[code] != 0 && column.passes[code] != 0) column.codes.push_back(code);
  }
  return true;
}

bool CodeReader::ReadGroup(duckdb::ClientContext& context, Task& task) {
  task.next = 0;
  task.rows.clear();
  task.columns.resize(column_ids.size());
  for (auto& column : task.columns) column.codes.clear();
  for (size_t i = 0; i < task.columns.size(); ++i) {
    if (!ReadColumn(task, i)) return false;
    if (!FilterDictionary(context, i, task.columns[i])) return true;
  }
  return file_.list->is_distinct() ? SelectValues(task) : SelectRows(task);
}

void CodeReader::UseParquet(duckdb::ClientContext& context, Task& task) {
  const auto& target = *file_.list->target();
  duckdb::vector<duckdb::column_t> wanted;
  for (size_t i = 0; i < column_ids.size(); ++i) {
    wanted.push_back(written_columns_[column_ids[duckdb::MultiFileLocalIndex(i)].GetId()]);
  }
  const auto& group = (*groups_)[task.group];
  task.parquet = std::make_unique<RowScanner>(
      context, FileAsWritten(*target.entry, file_.fragment), std::move(wanted),
      PositionRange{group.first_row, group.first_row + group.row_count});
  task.parquet_rows.Destroy();
  task.parquet_rows.Initialize(context, task.parquet->types());
}

bool CodeReader::ReadParquet(duckdb::ClientContext& context, Task& task,
                             duckdb::DataChunk& chunk) const {
  auto& rows = task.parquet_rows;
  if (!task.parquet->Next(rows)) return false;
  rows.Flatten();
  const auto* positions = duckdb::FlatVector::GetData<int64_t>(rows.data[rows.ColumnCount() - 1]);
  duckdb::SelectionVector selection(STANDARD_VECTOR_SIZE);
  duckdb::idx_t kept = 0;
  for (duckdb::idx_t i = 0; i < rows.size(); ++i) {
    if (hidden_ != nullptr && hidden_->Contains(static_cast<uint64_t>(positions[i]))) continue;
    selection.set_index(kept++, i);
  }
  kept = FilterRows(context, filters.get(), rows, selection, kept);
  for (size_t i = 0; i < column_ids.size(); ++i) {
    chunk.data[i].Slice(rows.data[i], selection, kept);
  }
  chunk.SetCardinality(kept);
  return true;
}

duckdb::AsyncResult CodeReader::Scan(duckdb::ClientContext& context,
                                     duckdb::GlobalTableFunctionState&,
                                     duckdb::LocalTableFunctionState& thread,
                                     duckdb::DataChunk& chunk) {
  auto& task = TaskOf(thread);
  if (!task.is_read) {
    task.is_read = true;
    if (!ReadGroup(context, task)) UseParquet(context, task);
  }
  if (task.parquet != nullptr) {
    const bool has_more = ReadParquet(context, task, chunk);
    return duckdb::AsyncResult(has_more ? duckdb::SourceResultType::HAVE_MORE_OUTPUT
                                        : duckdb::SourceResultType::FINISHED);
  }
  const auto answered = task.columns.front().codes.size();
  const auto count = std::min<size_t>(STANDARD_VECTOR_SIZE, answered - task.next);
  if (count == 0) return duckdb::AsyncResult(duckdb::SourceResultType::FINISHED);
  for (size_t c = 0; c < task.columns.size(); ++c) {
    const auto& column = task.columns[c];
    duckdb::SelectionVector selection(STANDARD_VECTOR_SIZE);
    for (size_t i = 0; i < count; ++i) {
      selection.set_index(i, column.codes[task.next + i]);
    }
    chunk.data[c].Slice(*column.values, selection, count);
  }
  chunk.SetCardinality(count);
  task.next += count;
  return duckdb::AsyncResult(duckdb::SourceResultType::HAVE_MORE_OUTPUT);
}

duckdb::string CodeReader::GetReaderType() const { return "Icefall dictionary codes"; }

}  // namespace icefall
