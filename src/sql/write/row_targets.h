// Reads which rows of a table a chunk names, and marks them as deleted.
#pragma once

#include <cstdint>

#include "duckdb/common/types/data_chunk.hpp"

#include "sql/write/statement_change.h"

namespace icefall {

// For one thread.
class RowTargets {
 public:
  // Where the chunks to come have file_index and file_row_number; in a MERGE rowid is behind it.
  RowTargets(StatementChange& statement, size_t fragment_column, size_t position_column);

  // Marks the rows of `chunk` in the statement. Fills `fresh` with those that it had not marked
  // before and answers how many. `also` (may be null) gets the same rows.
  size_t Mark(duckdb::DataChunk& chunk, duckdb::SelectionVector& fresh, DeletedPositions* also);

  // For a MERGE, where nothing says which of several source rows counts. Throws
  // InvalidInputException naming the first row of `chunk` that is not among the `count` fresh ones
  // of Mark.
  void RequireFresh(const duckdb::DataChunk& chunk, const duckdb::SelectionVector& fresh,
                    size_t count) const;

 private:
  PositionSet& SetOf(DeletedPositions& positions, uint64_t fragment) const;

  StatementChange& statement_;
  const size_t fragment_column_;
  const size_t position_column_;
};

}  // namespace icefall
