// Rows as the JSON text of InlineBatch::rows, see docs/format/inline-rows.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/common/types/data_chunk.hpp"

#include "table/inline_rows.h"

namespace icefall {

// False for a type that has no exact text (VARIANT, GEOMETRY), at any depth: rows with such a
// column go to a data file.
bool CanInline(const std::vector<duckdb::LogicalType>& types);

// Collects rows. Not thread-safe.
class InlineRowEncoder {
 public:
  // `types` are the table's logical types of the stored columns, in schema order.
  explicit InlineRowEncoder(std::vector<duckdb::LogicalType> types);

  // The chunk begins with the columns of `types`.
  void Append(const duckdb::DataChunk& rows);

  uint64_t row_count() const { return row_count_; }
  uint64_t size_bytes() const { return text_.size(); }
  // The JSON array of all rows appended. Ends the encoder.
  std::string Finish();

 private:
  std::vector<duckdb::LogicalType> types_;
  std::string text_ = "[";
  uint64_t row_count_ = 0;
};

// Appends the rows of one batch, decoded, to `rows`, which has one column per field of the batch,
// of the types that the text was made with. Throws IOException naming the batch's commit when the
// text does not fit.
void DecodeInlineRows(const InlineBatch& batch, duckdb::ColumnDataCollection& rows);

// Gets the rows in order, at most STANDARD_VECTOR_SIZE at a time; its chunk is used again.
using InlineChunkVisitor = std::function<void(duckdb::DataChunk&)>;

// As above, but only some of the batch's `field_count` fields: those at `columns`, of `types`.
void DecodeInlineColumns(const InlineBatch& batch, size_t field_count,
                         const std::vector<size_t>& columns,
                         const duckdb::vector<duckdb::LogicalType>& types,
                         const InlineChunkVisitor& visit);

}  // namespace icefall
