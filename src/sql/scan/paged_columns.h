// Single values of data files, read from their pages without decoding the values around them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb/common/types/vector.hpp"
#include "duckdb/main/client_context.hpp"

#include "format/parquet_chunk.h"
#include "sql/scan/fragment_list.h"

namespace icefall {

// What the catalog's ColumnBlockCache may take.
uint64_t ColumnBlockBudgetBytes(duckdb::ClientContext& context);

// Sets `result` at `row` to a value as ParquetChunk answers it.
void SetPlainValue(std::string_view bytes, duckdb::Vector& result, uint64_t row);

// Of one file. What has been read of it is kept in the catalog's ColumnBlockCache, within the
// budget of that.
class PagedColumns {
 public:
  // `path`: where the system finds the file.
  PagedColumns(const ScanFile& file, std::string path, uint64_t budget_bytes);
  ~PagedColumns();
  // By the path and the budget of the file's list.
  static PagedColumns Of(const ScanFile& file);

  // Whether Read can answer, as far as the file's footer tells.
  bool CanRead(duckdb::column_t column);

  // Whether it can, and all row groups have a dictionary of the column.
  bool HasDictionaries(duckdb::column_t column);

  // None where the file is not read here.
  const std::vector<ParquetRowGroup>& row_groups();
  // How many rows of a row group are NULL, where besides these they have all the values of the
  // dictionary, as DuckDB writes it; absent where that is not known.
  std::optional<uint64_t> NullsBesideDictionary(duckdb::column_t column, size_t group);
  // The column in a row group, for the caller alone: nothing of it is kept. Null as when Read
  // answers false. Valid as long as this is.
  std::unique_ptr<ParquetChunk> OpenOwn(duckdb::column_t column, size_t group);

  // Sets `result` at `row` to the value of a stored column. False when that has to be read in
  // another way: where the pages are of another kind, the file is damaged, or holds another type.
  bool Read(duckdb::column_t column, uint64_t position, duckdb::Vector& result, uint64_t row);

  // How many of the rows at `positions` are NULL, of columns of any type. Reads nothing else, and
  // keeps nothing. Absent as when Read answers false.
  std::optional<uint64_t> CountNulls(duckdb::column_t column, const DeletionVector& positions);

 private:
  struct File;
  struct Chunk;

  // False where the file is not read here. Before anything else of it is used.
  bool Open();
  std::shared_ptr<const File> OpenFile();
  Result<std::unique_ptr<ParquetChunk>> ReadChunk(size_t file_column, size_t group) const;
  std::shared_ptr<const Chunk> OpenChunk(duckdb::column_t column, size_t file_column, size_t group);
  // Of the file's columns; absent when what it stores is not the column's type.
  std::optional<size_t> FindColumn(duckdb::column_t column) const;
  std::optional<uint64_t> CountNullsOfGroup(size_t file_column, size_t group,
                                            std::span<const uint64_t> rows) const;

  const ScanFile& file_;
  const std::string path_;
  const uint64_t budget_bytes_;
  std::shared_ptr<const File> opened_;
};

}  // namespace icefall
