// Rows that are held until it is known where they go.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/write/data_file_writer.h"

namespace icefall {

// A collection of rows is made with room for thousands; the few rows of a small statement are held
// in a chunk of their size instead. Not thread-safe.
class GatheredRows {
 public:
  // `types`, lent, are those of the rows.
  explicit GatheredRows(const duckdb::vector<duckdb::LogicalType>& types) : types_(&types) {}
  // With rows of a collection, which may be null.
  GatheredRows(const duckdb::vector<duckdb::LogicalType>& types, RowsPointer rows)
      : types_(&types), rows_(std::move(rows)) {}

  uint64_t Count() const;
  void Append(duckdb::ClientContext& context, duckdb::DataChunk& rows);
  // Takes the rows of `other`, which is then empty.
  void Combine(duckdb::ClientContext& context, GatheredRows& other);

  // In the order in which they came; `visit` answers false to stop.
  void ForEach(const std::function<bool(duckdb::DataChunk&)>& visit);
  void Clear();
  // The collection that it was made with. Precondition: nothing has been appended.
  RowsPointer Release() { return std::move(rows_); }

 private:
  void AppendToCollection(duckdb::ClientContext& context, duckdb::DataChunk& rows);

  const duckdb::vector<duckdb::LogicalType>* types_;
  // One or the other, or none.
  duckdb::unique_ptr<duckdb::DataChunk> first_;
  RowsPointer rows_;
  duckdb::unique_ptr<duckdb::ColumnDataAppendState> append_;  // of rows_, while it is appended to
};

}  // namespace icefall
