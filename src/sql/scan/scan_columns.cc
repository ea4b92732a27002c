#include "sql/scan/scan_columns.h"

#include <cstdint>

#include "sql/scan/column_definitions.h"

namespace icefall {

ScanColumns ColumnsOfScan(duckdb::ClientContext& context, const IcefallTableEntry& table,
                          const duckdb::vector<duckdb::ColumnIndex>& column_ids) {
  const auto& fields = table.table_schema().fields;
  ScanColumns result;
  result.columns.reserve(column_ids.size());
  result.definitions.reserve(column_ids.size());
  std::vector<size_t> places(fields.size(), SIZE_MAX);  // in result.columns, of table columns
  for (const auto& column : column_ids) {
    const auto id = column.GetPrimaryIndex();
    if (duckdb::IsVirtualColumn(id)) {
      result.columns.push_back(column);
      continue;
    }
    if (places[id] != SIZE_MAX) {
      result.repeated.emplace_back(result.columns.size(), places[id]);
      // Whole, should one of the two want less of it.
      auto& first = result.columns[places[id]];
      first = duckdb::ColumnIndex(first.GetPrimaryIndex());
      result.columns.emplace_back(duckdb::COLUMN_IDENTIFIER_EMPTY);
      continue;
    }
    places[id] = result.columns.size();
    // DuckDB maps by this position, and by the parts of the column that are asked for.
    result.columns.emplace_back(result.definitions.size(), column.GetChildIndexes());
    const auto& type = table.GetColumn(duckdb::LogicalIndex(id)).Type();
    AddColumnDefinition(context, fields[id], type, MappingSide::kTable, result.definitions);
  }
  return result;
}

}  // namespace icefall
