#include "sql/scan/row_fetch.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/icefall_catalog.h"
#include "sql/index/index_only_scan.h"
#include "sql/inline_codec.h"
#include "sql/scan/column_blocks.h"
#include "sql/scan/column_definitions.h"
#include "sql/scan/inline_reader.h"
#include "sql/scan/paged_columns.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

constexpr size_t kRowCountMax = 1'024;
// More rows of a file make it worth decoding what is around them.
constexpr uint64_t kPagedRowCountMax = 8;
// Rows in more blocks than this are better read by a scan, which uses several threads,
constexpr size_t kBlockCountMax = 4;
// unless they are so few and all of their values can be read from pages.
constexpr size_t kScatteredCountMax = 64;

using Columns = duckdb::vector<duckdb::column_t>;

// What the reader has to have of the file, without repetitions. Row ids and sequences only where
// the file stores them; else they follow from the position.
Columns NeededColumns(const ScanFile& file) {
  std::set<duckdb::column_t> needed;
  for (const auto column : *file.list->column_ids()) {
    if (column == kRowIdColumn || column == kSequenceColumn) {
      if (!file.is_inline() && file.fragment->has_row_ids) needed.insert(column);
    } else if (!duckdb::IsVirtualColumn(column)) {
      needed.insert(column);
    }
  }
  return {needed.begin(), needed.end()};
}

std::set<uint64_t> BlocksOf(const std::vector<uint64_t>& positions) {
  std::set<uint64_t> blocks;
  for (const auto position : positions) blocks.insert(position / kColumnBlockSize);
  return blocks;
}

bool ArePaged(const ScanFile& file, const Columns& columns) {
  auto paged = PagedColumns::Of(file);
  return std::ranges::all_of(columns, [&](duckdb::column_t column) {
    return !duckdb::IsVirtualColumn(column) && paged.CanRead(column);
  });
}

class BlockReader {
 public:
  BlockReader(duckdb::ClientContext& context, const ScanFile& file)
      : context_(context), file_(file), columns_(NeededColumns(file)) {}

  const Columns& columns() const { return columns_; }

  // In the order of columns(); null where it is not known.
  std::vector<ColumnBlockPointer> Find(uint64_t block) {
    std::vector<ColumnBlockPointer> result;
    for (const auto column : columns_) result.push_back(cache().Find(KeyOf(column, block)));
    return result;
  }

  // Decodes those of the `wanted` columns that `blocks` lacks.
  void Complete(uint64_t block, const Columns& wanted, std::vector<ColumnBlockPointer>& blocks) {
    auto decoded = Decode(wanted, block);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const auto c = static_cast<size_t>(std::ranges::find(columns_, wanted[i]) - columns_.begin());
      blocks[c] = std::move(decoded[i]);
      cache().Put(KeyOf(wanted[i], block), blocks[c], budget_bytes());
    }
  }

  uint64_t budget_bytes() const { return ColumnBlockBudgetBytes(context_); }

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

// The columns of the index's key, of the rows that it has found.
class KeyColumns {
 public:
  KeyColumns(const ScanFile& file, const Columns& columns) {
    const auto& keys = file.index_rows->keys;
    in_key_.resize(columns.size());
    if (keys.empty()) return;
    const auto& key = *file.list->index_key();
    const auto& fields = file.list->target()->entry->table_schema().fields;
    for (size_t c = 0; c < columns.size(); ++c) {
      if (duckdb::IsVirtualColumn(columns[c])) continue;
      const auto found = std::ranges::find(key.fields, fields[columns[c]].id);
      if (found != key.fields.end()) in_key_[c] = found - key.fields.begin();
    }
    values_.Initialize(duckdb::Allocator::DefaultAllocator(), key.types, keys.size());
    for (size_t row = 0; row < keys.size(); ++row) ReadKey(key, keys[row], values_, row);
    values_.SetCardinality(keys.size());
  }

  bool HasAll() const {
    return std::ranges::all_of(in_key_, [](const auto& place) { return place.has_value(); });
  }
  // `column` counts those given.
  bool Has(size_t column) const { return in_key_[column].has_value(); }
  // `number`: of the row among those found.
  void Read(size_t column, size_t number, duckdb::Vector& value) const {
    const auto& values = values_.data[static_cast<size_t>(*in_key_[column])];
    duckdb::VectorOperations::Copy(values, value, number + 1, number, 0);
  }

 private:
  std::vector<std::optional<ptrdiff_t>> in_key_;
  duckdb::DataChunk values_;
};

// Answers rows of the file, value by value in the way that costs least.
class RowReader {
 public:
  RowReader(duckdb::ClientContext& context, const ScanFile& file, const std::string& path)
      : positions_(file.index_rows->positions),
        blocks_reader_(context, file),
        paged_(file, path, blocks_reader_.budget_bytes()),
        keys_(file, blocks_reader_.columns()),
        path_(path),
        reads_pages_(positions_.size() <= kPagedRowCountMax ||
                     BlocksOf(positions_).size() > kBlockCountMax) {}

  const Columns& columns() const { return blocks_reader_.columns(); }

  // Sets the one row of `row`, which has the types of columns(), to the `found`th row found.
  void Read(size_t found, duckdb::DataChunk& row) {
    const auto position = positions_[found];
    const auto number = position / kColumnBlockSize;
    // Of inline rows, and others of which only the key is asked for, there are no blocks.
    if (held_ != number && !keys_.HasAll()) blocks_ = blocks_reader_.Find(number);
    held_ = number;
    Columns missing;
    for (size_t c = 0; c < columns().size(); ++c) {
      if (keys_.Has(c)) {
        keys_.Read(c, found, row.data[c]);
        continue;
      }
      if (blocks_[c] != nullptr) continue;
      const auto column = columns()[c];
      const bool is_read = reads_pages_ && !duckdb::IsVirtualColumn(column) &&
                           paged_.Read(column, position, row.data[c], 0);
      if (!is_read) missing.push_back(column);
    }
    if (!missing.empty()) blocks_reader_.Complete(number, missing, blocks_);
    for (size_t c = 0; c < blocks_.size(); ++c) {
      if (blocks_[c] != nullptr && !keys_.Has(c)) CopyValue(*blocks_[c], position, row.data[c]);
    }
  }

 private:
  void CopyValue(const ColumnBlock& block, uint64_t position, duckdb::Vector& value) const {
    const auto place = position % kColumnBlockSize;
    const auto index = place / STANDARD_VECTOR_SIZE;
    if (index >= block.vectors.size()) {
      throw duckdb::IOException("%s: expected a row at position %llu, found the end of the file",
                                path_, position);
    }
    const auto from = place % STANDARD_VECTOR_SIZE;
    duckdb::VectorOperations::Copy(block.vectors[index], value, from + 1, from, 0);
  }

  const std::vector<uint64_t>& positions_;
  BlockReader blocks_reader_;
  PagedColumns paged_;
  const KeyColumns keys_;
  const std::string path_;
  const bool reads_pages_;
  std::optional<uint64_t> held_;  // the block of blocks_
  std::vector<ColumnBlockPointer> blocks_;
};

// The id of a row that the file itself does not give one.
RowId UsualRowId(const ScanFile& file, uint64_t position) {
  if (!file.is_inline()) return RowId(file.fragment->first_row_id.value + position);
  const auto batch = file.list->target()->snapshot().inline_rows.batches.Find(position);
  return batch->RowIdOf(position - batch->first_position);
}

bool IsFetchedColumn(duckdb::column_t column) {
  return !duckdb::IsVirtualColumn(column) || column == kFragmentColumn ||
         column == kPositionColumn || column == kRowIdColumn;
}

// Adds the `found`th row of the file, whose values are those of `row` in the order of `columns`.
void AppendRow(const ScanFile& file, size_t found, const Columns& columns,
               const duckdb::DataChunk& row, duckdb::DataChunk& rows) {
  const auto count = rows.size();
  const auto position = file.index_rows->positions[found];
  const auto& wanted = *file.list->column_ids();
  for (size_t c = 0; c < wanted.size(); ++c) {
    auto& target = rows.data[c];
    const auto place = static_cast<size_t>(std::ranges::find(columns, wanted[c]) - columns.begin());
    const bool is_read = place < columns.size();
    if (wanted[c] == kFragmentColumn) {
      duckdb::FlatVector::GetData<uint64_t>(target)[count] =
          file.is_inline() ? kInlineFragment : file.fragment->id.value;
    } else if (wanted[c] == kPositionColumn) {
      duckdb::FlatVector::GetData<int64_t>(target)[count] = static_cast<int64_t>(position);
    } else if (is_read && !duckdb::FlatVector::IsNull(row.data[place], 0)) {
      duckdb::VectorOperations::Copy(row.data[place], target, 1, 0, count);
    } else if (wanted[c] == kRowIdColumn) {
      duckdb::FlatVector::GetData<int64_t>(target)[count] =
          static_cast<int64_t>(UsualRowId(file, position).value);
    } else {
      duckdb::FlatVector::SetNull(target, count, true);
    }
  }
  rows.SetCardinality(count + 1);
}

uint64_t FetchedRowCount(const FragmentList& list) {
  uint64_t count = 0;
  for (const auto& file : list.files()) count += file.index_rows->positions.size();
  return count;
}

// All of them have been found, in one vector at most.
bool AreFetchedByRow(const FragmentList& list) {
  if (!list.column_ids() || !std::ranges::all_of(*list.column_ids(), IsFetchedColumn)) return false;
  return std::ranges::all_of(list.files(),
                             [](const ScanFile& file) {
                               return IsAnsweredByIndex(file) ||
                                      (!file.is_inline() && IsFetchedByRow(file));
                             }) &&
         FetchedRowCount(list) <= STANDARD_VECTOR_SIZE;
}

// `rows` has the columns of the list, and room for its rows.
void AppendFetchedRows(duckdb::ClientContext& context, const FragmentList& list,
                       duckdb::DataChunk& rows) {
  const auto infos = list.GetAllFiles();
  const auto& entry = *list.target()->entry;
  for (size_t i = 0; i < infos.size(); ++i) {
    const auto& file = list.files()[i];
    RowReader reader(context, file, infos[i].path);
    duckdb::vector<duckdb::LogicalType> types;
    for (const auto column : reader.columns()) {
      types.push_back(duckdb::IsVirtualColumn(column)
                          ? duckdb::LogicalType::BIGINT
                          : entry.GetColumn(duckdb::LogicalIndex(column)).Type());
    }
    duckdb::DataChunk row;
    if (!types.empty()) row.Initialize(context, types, 1);
    for (size_t found = 0; found < file.index_rows->positions.size(); ++found) {
      row.Reset();
      if (!types.empty()) reader.Read(found, row);
      AppendRow(file, found, reader.columns(), row, rows);
    }
  }
}

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
  const auto columns = NeededColumns(file);
  std::vector<duckdb::LogicalType> types;
  for (const auto column : columns) {
    if (duckdb::IsVirtualColumn(column)) continue;
    types.push_back(file.list->target()->entry->GetColumn(duckdb::LogicalIndex(column)).Type());
  }
  if (columns.empty() || !CanInline(types)) return false;
  return BlocksOf(positions).size() <= kBlockCountMax ||
         (positions.size() <= kScatteredCountMax && ArePaged(file, columns));
}

duckdb::shared_ptr<duckdb::BaseFileReader> OpenFetchedRows(duckdb::ClientContext& context,
                                                           const duckdb::OpenFileInfo& info,
                                                           const ScanFile& file) {
  RowReader reader(context, file, info.path);
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
  const auto& positions = file.index_rows->positions;
  std::vector<size_t> order(positions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t found) { return positions[found]; });
  block->rows =
      std::make_shared<duckdb::ColumnDataCollection>(duckdb::Allocator::DefaultAllocator(), types);
  duckdb::DataChunk row;
  if (!types.empty()) row.Initialize(duckdb::Allocator::DefaultAllocator(), types, 1);
  for (const auto found : order) {
    row.Reset();
    reader.Read(found, row);
    block->positions.push_back(positions[found]);
    row.SetCardinality(1);
    block->rows->Append(row);
  }
  return duckdb::make_shared_ptr<InlineReader>(info, std::move(block), InlineRows(),
                                               std::move(definitions));
}

bool FetchRows(duckdb::ClientContext& context, const FragmentList& list,
               const duckdb::vector<duckdb::column_t>& columns,
               const duckdb::vector<duckdb::LogicalType>& types, duckdb::TableFilterSet& filters,
               duckdb::DataChunk& rows) {
  const auto found = list.DynamicFilterPushdown(context, {}, {}, {}, columns, filters);
  if (found == nullptr || !AreFetchedByRow(found->Cast<FragmentList>())) return false;
  const auto& files = found->Cast<FragmentList>();
  rows.Initialize(context, types, std::max<uint64_t>(FetchedRowCount(files), 1));
  AppendFetchedRows(context, files, rows);
  return true;
}

}  // namespace icefall
