// How the rows of one table look in its data files.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "duckdb/common/types/column/column_data_collection.hpp"
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

// DuckDB's Parquet writer for the stored columns of a table. Immutable. Thread-safe.
class DataFileFormat {
 public:
  // `dense`: for files that are written once to be read often; counts where the table does not say
  // how to compress.
  DataFileFormat(duckdb::ClientContext& context, TableEntryPointer table, StoredLineage lineage,
                 bool dense = false);

  static constexpr uint64_t kRowGroupSize = 122'880;
  // True when the rows are a row group: by their number or, where values are long, by what they
  // take in memory, since a reader holds a column of a row group at least.
  bool FillsRowGroup(const duckdb::ColumnDataCollection& rows) const;
  // True of three quarters of one: what rows need to become a row group by themselves.
  bool NearlyFillsRowGroup(const duckdb::ColumnDataCollection& rows) const;

  bool with_row_ids() const { return lineage != StoredLineage::kNone; }

  // Bound when it is first asked for: most changes of few rows write no file. Throws what binding
  // throws.
  struct Writer {
    Writer(duckdb::CopyFunction copy, duckdb::unique_ptr<duckdb::FunctionData> bound)
        : function(std::move(copy)), bind_data(std::move(bound)) {}
    duckdb::CopyFunction function;
    duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  };
  const Writer& writer() const;

  TableEntryPointer table;
  StoredLineage lineage;
  duckdb::vector<duckdb::LogicalType> types;           // of the rows
  duckdb::vector<duckdb::LogicalType> physical_types;  // of the same columns in the file
  duckdb::vector<duckdb::string> names;
  bool needs_cast = false;  // physical_types differ from types
  uint64_t target_size_bytes;
  uint64_t row_limit;  // of a file; 0: none

 private:
  uint64_t RowGroupBytes() const;

  duckdb::ClientContext& context_;
  const bool dense_;
  uint64_t row_group_bytes_;  // in memory
  mutable std::once_flag bound_;
  mutable std::optional<Writer> writer_;
};

}  // namespace icefall
