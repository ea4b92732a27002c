#include "sql/index/index_only_scan.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "sql/scan/column_definitions.h"
#include "sql/scan/inline_reader.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {

namespace {

RowId RowIdAt(const ScanFile& file, uint64_t position) {
  if (!file.is_inline()) return RowId(file.fragment->first_row_id.value + position);
  const auto batch = file.list->target()->snapshot().inline_rows.batches.Find(position);
  return batch->RowIdOf(position - batch->first_position);
}

}  // namespace

bool IsAnsweredByIndex(const ScanFile& file) {
  const auto& column_ids = file.list->column_ids();
  if (file.index_rows == nullptr || file.index_rows->keys.empty() || !column_ids) return false;
  const auto& key = *file.list->index_key();
  const auto& table = *file.list->target()->entry;
  const auto is_known = [&](duckdb::column_t column) {
    if (column == kPositionColumn || column == kFragmentColumn ||
        column == duckdb::COLUMN_IDENTIFIER_EMPTY) {
      return true;
    }
    // Ids that the file stores are not in the index.
    if (column == kRowIdColumn) return file.is_inline() || !file.fragment->has_row_ids;
    if (column == kSequenceColumn) return !file.is_inline() && !file.fragment->has_row_ids;
    if (duckdb::IsVirtualColumn(column)) return false;
    const auto field = table.table_schema().fields[column].id;
    return std::ranges::find(key.fields, field) != key.fields.end();
  };
  return std::ranges::all_of(*column_ids, is_known);
}

duckdb::shared_ptr<duckdb::BaseFileReader> OpenIndexRows(duckdb::ClientContext& context,
                                                         const duckdb::OpenFileInfo& info,
                                                         const ScanFile& file) {
  const auto& key = *file.list->index_key();
  const auto& found = *file.index_rows;
  auto block = std::make_shared<InlineBlock>();
  block->fields = key.fields;
  block->positions = found.positions;
  block->rows = std::make_shared<duckdb::ColumnDataCollection>(
      duckdb::Allocator::DefaultAllocator(), key.types);
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), key.types);
  for (const auto& bytes : found.keys) {
    ReadKey(key, bytes, chunk, chunk.size());
    chunk.SetCardinality(chunk.size() + 1);
    if (chunk.size() < STANDARD_VECTOR_SIZE) continue;
    block->rows->Append(chunk);
    chunk.Reset();
  }
  block->rows->Append(chunk);
  std::vector<Field> fields;
  const auto& schema = file.list->target()->entry->table_schema();
  for (const auto id : key.fields) fields.push_back(*schema.Find(id));
  return duckdb::make_shared_ptr<InlineReader>(
      info, std::move(block), InlineRows(), ColumnDefinitions(context, fields, MappingSide::kFile));
}

void AppendIndexRows(const ScanFile& file, duckdb::DataChunk& rows) {
  const auto& key = *file.list->index_key();
  const auto& found = *file.index_rows;
  const auto& fields = file.list->target()->entry->table_schema().fields;
  const auto& columns = *file.list->column_ids();
  duckdb::DataChunk values;
  values.Initialize(duckdb::Allocator::DefaultAllocator(), key.types, 1);
  for (size_t i = 0; i < found.positions.size(); ++i) {
    const auto row = rows.size();
    const auto position = found.positions[i];
    values.Reset();
    ReadKey(key, found.keys[i], values, 0);
    for (size_t c = 0; c < columns.size(); ++c) {
      auto& column = rows.data[c];
      if (columns[c] == kFragmentColumn) {
        duckdb::FlatVector::GetData<uint64_t>(column)[row] =
            file.is_inline() ? kInlineFragment : file.fragment->id.value;
      } else if (columns[c] == kPositionColumn) {
        duckdb::FlatVector::GetData<int64_t>(column)[row] = static_cast<int64_t>(position);
      } else if (columns[c] == kRowIdColumn) {
        duckdb::FlatVector::GetData<int64_t>(column)[row] =
            static_cast<int64_t>(RowIdAt(file, position).value);
      } else {
        const auto place = std::ranges::find(key.fields, fields[columns[c]].id);
        const auto index = static_cast<size_t>(place - key.fields.begin());
        duckdb::VectorOperations::Copy(values.data[index], column, 1, 0, row);
      }
    }
    rows.SetCardinality(row + 1);
  }
}

}  // namespace icefall
