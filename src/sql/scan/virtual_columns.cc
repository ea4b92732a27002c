#include "sql/scan/virtual_columns.h"

#include "duckdb/common/multi_file/multi_file_reader.hpp"

namespace icefall {

static_assert(kPositionColumn == duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER);
static_assert(kFragmentColumn == duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX);

namespace {

duckdb::virtual_column_map_t MakeVirtualColumns() {
  using duckdb::LogicalType;
  using duckdb::MultiFileReader;
  using duckdb::TableColumn;
  duckdb::virtual_column_map_t columns;
  columns.emplace(kRowIdColumn, TableColumn("rowid", LogicalType::BIGINT));
  columns.emplace(kPositionColumn, TableColumn("file_row_number", LogicalType::BIGINT));
  columns.emplace(kFragmentColumn, TableColumn("file_index", LogicalType::UBIGINT));
  columns.emplace(kSequenceColumn, TableColumn("snapshot_sequence", LogicalType::BIGINT));
  columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILENAME,
                  TableColumn("filename", LogicalType::VARCHAR));
  columns.emplace(duckdb::COLUMN_IDENTIFIER_EMPTY, TableColumn("", LogicalType::BOOLEAN));
  return columns;
}

}  // namespace

duckdb::virtual_column_map_t VirtualColumns() {
  static const auto columns = MakeVirtualColumns();
  return columns;
}

duckdb::vector<duckdb::column_t> RowIdColumns() {
  return {kFragmentColumn, kPositionColumn, kRowIdColumn};
}

}  // namespace icefall
