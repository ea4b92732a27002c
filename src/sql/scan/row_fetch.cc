#include "sql/scan/row_fetch.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/storage/buffer_manager.hpp"

#include "sql/icefall_catalog.h"
#include "sql/inline_codec.h"
#include "sql/scan/column_blocks.h"
#include "sql/scan/column_definitions.h"
#include "sql/scan/inline_reader.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

constexpr size_t kRowCountMax = 1'024;
// Rows in more blocks than this are better read by a scan, which uses several threads.
constexpr size_t kBlockCountMax = 4;
// Of DuckDB's memory limit.
constexpr uint64_t kMemoryShare = 8;

using Columns = duckdb::vector<duckdb::column_t>;

// What the reader has to have of the file, without repetitions. Row ids and sequences only where
// the file stores them; else they follow from the position.
Columns NeededColumns(const ScanFile& file) {
  std::set<duckdb::column_t> needed;
  for (const auto column : *file.list->column_ids()) {
    if (column == kRowIdColumn || column == kSequenceColumn) {
      if (file.fragment->has_row_ids) needed.insert(column);
    } else if (!duckdb::IsVirtualColumn(column)) {
      needed.insert(column);
    }
  }
  return {needed.begin(), needed.end()};
}

class BlockReader {
 public:
  BlockReader(duckdb::ClientContext& context, const ScanFile& file)
      : context_(context), file_(file), columns_(NeededColumns(file)) {}

  const Columns& columns() const { return columns_; }

  // In the order of columns(). Decodes what is not known yet.
  std::vector<ColumnBlockPointer> Get(uint64_t block) {
    std::vector<ColumnBlockPointer> result;
    Columns missing;
    for (const auto column : columns_) {
      result.push_back(cache().Find(KeyOf(column, block)));
      if (result.back() == nullptr) missing.push_back(column);
    }
    if (missing.empty()) return result;
    auto decoded = Decode(missing, block);
    auto next = decoded.begin();
    const auto budget =
        duckdb::BufferManager::GetBufferManager(context_).GetMaxMemory() / kMemoryShare;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (result[c] != nullptr) continue;
      result[c] = std::move(*next++);
      cache().Put(KeyOf(columns_[c], block), result[c], budget);
    }
    return result;
  }

 private:
  ColumnBlockCache& cache() const { return file_.list->target()->catalog.column_blocks(); }

  ColumnBlockKey KeyOf(duckdb::column_t column, uint64_t block) const {
    const auto& fragment = *file_.fragment;
    ColumnBlockKey key{
        fragment.path, file_.list->target()->entry->definition().schema, column, block, {}, {}};
    if (duckdb::IsVirtualColumn(column)) {
      key.first_row_id = fragment.first_row_id;
      key.added_at = fragment.added_at;
    }
    return key;
  }

  std::vector<ColumnBlockPointer> Decode(const Columns& columns, uint64_t block) const {
    const auto begin = block * kColumnBlockSize;
    RowScanner scanner(context_, OnlyFileOf(*file_.list->target()->entry, file_.fragment), columns,
                       PositionRange{begin, begin + kColumnBlockSize});
    std::vector<std::shared_ptr<ColumnBlock>> blocks;
    for (size_t c = 0; c < columns.size(); ++c) blocks.push_back(std::make_shared<ColumnBlock>());
    duckdb::DataChunk rows;
    rows.Initialize(context_, scanner.types());
    duckdb::idx_t filled = STANDARD_VECTOR_SIZE;  // of the last vector
    while (scanner.Next(rows)) {
      for (duckdb::idx_t from = 0; from < rows.size();) {
        const bool is_full = filled == STANDARD_VECTOR_SIZE;
        if (is_full) filled = 0;
        const auto count = std::min(rows.size() - from, STANDARD_VECTOR_SIZE - filled);
        for (size_t c = 0; c < columns.size(); ++c) {
          auto& vectors = blocks[c]->vectors;
          if (is_full) vectors.emplace_back(scanner.types()[c]);
          duckdb::VectorOperations::Copy(rows.data[c], vectors.back(), from + count, from, filled);
        }
        from += count;
        filled += count;
      }
    }
    for (auto& column : blocks) {
      for (auto& vector : column->vectors) {
        column->size_bytes += vector.GetAllocationSize(STANDARD_VECTOR_SIZE);
      }
    }
    return {blocks.begin(), blocks.end()};
  }

  duckdb::ClientContext& context_;
  const ScanFile& file_;
  const Columns columns_;
};

// As the file itself would name it.
duckdb::MultiFileColumnDefinition StoredNumbers(const char* name, int32_t field_id) {
  duckdb::MultiFileColumnDefinition column(name, duckdb::LogicalType::BIGINT);
  column.identifier = duckdb::Value::INTEGER(field_id);
  return column;
}

}  // namespace

bool IsFetchedByRow(const ScanFile& file) {
  if (file.index_rows == nullptr || !file.list->column_ids()) return false;
  const auto& positions = file.index_rows->positions;
  if (positions.empty() || positions.size() > kRowCountMax) return false;
  std::set<uint64_t> blocks;
  for (const auto position : positions) blocks.insert(position / kColumnBlockSize);
  const auto columns = NeededColumns(file);
  std::vector<duckdb::LogicalType> types;
  for (const auto column : columns) {
    if (duckdb::IsVirtualColumn(column)) continue;
    types.push_back(file.list->target()->entry->GetColumn(duckdb::LogicalIndex(column)).Type());
  }
  return blocks.size() <= kBlockCountMax && !columns.empty() && CanInline(types);
}

duckdb::shared_ptr<duckdb::BaseFileReader> OpenFetchedRows(duckdb::ClientContext& context,
                                                           const duckdb::OpenFileInfo& info,
                                                           const ScanFile& file) {
  BlockReader reader(context, file);
  const auto& schema = file.list->target()->entry->table_schema();
  auto block = std::make_shared<InlineBlock>();
  duckdb::vector<duckdb::MultiFileColumnDefinition> definitions;
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto column : reader.columns()) {
    if (column == kRowIdColumn) {
      definitions.push_back(StoredNumbers("_row_id", duckdb::MultiFileReader::ROW_ID_FIELD_ID));
    } else if (column == kSequenceColumn) {
      definitions.push_back(
          StoredNumbers("_last_updated_sequence_number",
                        duckdb::MultiFileReader::LAST_UPDATED_SEQUENCE_NUMBER_ID));
    } else {
      auto definition = ColumnDefinitions(context, {schema.fields[column]}, MappingSide::kFile);
      definitions.push_back(std::move(definition.front()));
    }
    types.push_back(definitions.back().type);
    block->fields.emplace_back(duckdb::IsVirtualColumn(column) ? FieldId()
                                                               : schema.fields[column].id);
  }
  auto positions = file.index_rows->positions;
  std::ranges::sort(positions);
  block->positions = positions;
  block->rows =
      std::make_shared<duckdb::ColumnDataCollection>(duckdb::Allocator::DefaultAllocator(), types);
  duckdb::DataChunk row;
  if (!types.empty()) row.Initialize(duckdb::Allocator::DefaultAllocator(), types, 1);
  std::optional<uint64_t> held;
  std::vector<ColumnBlockPointer> blocks;
  for (const auto position : positions) {
    const auto number = position / kColumnBlockSize;
    if (held != number) blocks = reader.Get(number);
    held = number;
    const auto place = position % kColumnBlockSize;
    row.Reset();
    for (size_t c = 0; c < blocks.size(); ++c) {
      const auto& vectors = blocks[c]->vectors;
      const auto index = place / STANDARD_VECTOR_SIZE;
      if (index >= vectors.size()) {
        throw duckdb::IOException("%s: expected a row at position %llu, found the end of the file",
                                  info.path, position);
      }
      const auto from = place % STANDARD_VECTOR_SIZE;
      duckdb::VectorOperations::Copy(vectors[index], row.data[c], from + 1, from, 0);
    }
    row.SetCardinality(1);
    block->rows->Append(row);
  }
  return duckdb::make_shared_ptr<InlineReader>(info, std::move(block), InlineRows(),
                                               std::move(definitions));
}

}  // namespace icefall
