// Walks a result's rows as cells, a chunk in memory at a time.
#pragma once

#include <memory>
#include <vector>

#include "session/duckdb_result.h"
#include "session/output/cell.h"

namespace icefall::output {

class RowReader {
 public:
  explicit RowReader(QueryResult& result, BinaryText binary = BinaryText::kHex);

  // Binds the cells to the next chunk; answers its number of rows, 0 at the end.
  Result<uint64_t> NextChunk();

  const std::vector<std::unique_ptr<Cell>>& cells() const { return cells_; }
  const duckdb::vector<duckdb::LogicalType>& types() const { return result_.stream().types(); }

 private:
  QueryResult& result_;
  std::vector<std::unique_ptr<Cell>> cells_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;
};

}  // namespace icefall::output
