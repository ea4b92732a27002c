#include "sql/index/index_only_scan.h"

#include <algorithm>
#include <utility>

#include "sql/scan/column_definitions.h"
#include "sql/scan/inline_reader.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {

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

}  // namespace icefall
