// How the rows of one table look in its data files.
#pragma once

#include <string>

#include "duckdb/function/copy_function.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

// Row ids of moved rows are stored under this field id, as in Iceberg v3.
inline constexpr int32_t kRowIdFieldId = 2147483540;
// And the commits that last wrote them under this one.
inline constexpr int32_t kSequenceFieldId = 2147483539;

// What a file stores of where its rows come from, in columns BIGINT behind those of the table.
enum class StoredLineage : uint8_t {
  kNone,                // all rows are new
  kRowIds,              // ids of rows that have a new version; NULL for new ones
  kRowIdsAndSequences,  // of rows that only moved; both NULL for new ones
};

// DuckDB's Parquet writer, bound to the stored columns of a table. Immutable.
struct DataFileFormat {
  // `dense`: for files that are written once to be read often; counts where the table does not say
  // how to compress.
  DataFileFormat(duckdb::ClientContext& context, TableEntryPointer table, StoredLineage lineage,
                 bool dense = false);

  bool with_row_ids() const { return lineage != StoredLineage::kNone; }

  TableEntryPointer table;
  StoredLineage lineage;
  duckdb::CopyFunction function;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  duckdb::vector<duckdb::LogicalType> types;           // of the rows
  duckdb::vector<duckdb::LogicalType> physical_types;  // of the same columns in the file
  duckdb::vector<duckdb::string> names;
  bool needs_cast = false;  // physical_types differ from types
  uint64_t target_size_bytes;
};

}  // namespace icefall
