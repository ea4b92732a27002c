// The columns that a scan asks for, as DuckDB's multi-file scan maps those of its files to them.
#pragma once

#include <utility>
#include <vector>

#include "duckdb/common/column_index.hpp"
#include "duckdb/common/multi_file/multi_file_data.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

struct ScanColumns {
  // Those of the table that are asked for, each once: a table may have many more, and making the
  // definitions of all would take longer than many a statement.
  duckdb::vector<duckdb::MultiFileColumnDefinition> definitions;
  // For each column of the scan: a position in `definitions`, or a virtual column;
  // COLUMN_IDENTIFIER_EMPTY instead of repetitions.
  duckdb::vector<duckdb::ColumnIndex> columns;
  // Positions in `columns`, and those of the first of their kind. A plan may ask for a column
  // twice; DuckDB would then read its pages on with one reader, once for each, and mix up values.
  std::vector<std::pair<size_t, size_t>> repeated;
};

// `column_ids`: of the table's columns.
ScanColumns ColumnsOfScan(duckdb::ClientContext& context, const IcefallTableEntry& table,
                          const duckdb::vector<duckdb::ColumnIndex>& column_ids);

}  // namespace icefall
