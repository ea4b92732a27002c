// How the rows of one table look in its data files.
#pragma once

#include <string>

#include "duckdb/function/copy_function.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

// Row ids of moved rows are stored under this field id, as in Iceberg v3.
inline constexpr int32_t kRowIdFieldId = 2147483540;

// DuckDB's Parquet writer, bound to the stored columns of a table. Immutable.
struct DataFileFormat {
  // `with_row_ids`: a last column for the ids of moved rows, NULL for new ones.
  DataFileFormat(duckdb::ClientContext& context, TableEntryPointer table, bool with_row_ids);

  TableEntryPointer table;
  bool with_row_ids;
  duckdb::CopyFunction function;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  duckdb::vector<duckdb::LogicalType> types;           // of the rows
  duckdb::vector<duckdb::LogicalType> physical_types;  // of the same columns in the file
  duckdb::vector<duckdb::string> names;
  bool needs_cast = false;  // physical_types differ from types
  // A file is closed when it has grown past this.
  uint64_t target_size_bytes;
};

}  // namespace icefall
