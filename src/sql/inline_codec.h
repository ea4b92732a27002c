// Rows as the JSON text of InlineBatch::rows, see docs/format/inline-rows.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "table/inline_rows.h"

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/common/types/data_chunk.hpp"

namespace icefall::sql {

// False for a type that has no exact text (VARIANT, GEOMETRY), at any depth: rows with such a
// column go to a data file.
bool CanInline(const std::vector<duckdb::LogicalType>& types);

// Collects rows. Not thread-safe.
class InlineRowEncoder {
 public:
  // `types` are the table's logical types of the stored columns, in schema order.
  explicit InlineRowEncoder(std::vector<duckdb::LogicalType> types);

  // The chunk has exactly the columns of `types`.
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

// The rows of one batch in order, one column per field of the batch; immutable and shared.
using InlineRowsPointer = std::shared_ptr<const duckdb::ColumnDataCollection>;

// Decodes text that InlineRowEncoder made with these types. Throws IOException naming the batch's
// commit when the text does not fit.
InlineRowsPointer DecodeInlineRows(const InlineBatch& batch,
                                   const std::vector<duckdb::LogicalType>& types);

}  // namespace icefall::sql
