// Reads a table row by row outside of a query plan.
#pragma once

#include <memory>
#include <optional>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "sql/scan/scan_target.h"

namespace icefall {

// Positions from `begin` to before `end`.
struct PositionRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// One thread, in the order of fragments. For what statements themselves need to look at, such as
// SET NOT NULL.
class RowScanner {
 public:
  // `columns`: positions in Schema::fields of stored columns, or virtual columns. With `range`, the
  // rows at these positions of each file are all there are, and kPositionColumn is one more column.
  RowScanner(duckdb::ClientContext& context, TableEntryPointer entry,
             duckdb::vector<duckdb::column_t> columns,
             std::optional<PositionRange> range = std::nullopt);
  // The rows that pass all of `filters`, whose keys are positions in `columns`.
  RowScanner(duckdb::ClientContext& context, TableEntryPointer entry,
             duckdb::vector<duckdb::column_t> columns,
             duckdb::unique_ptr<duckdb::TableFilterSet> filters);
  ~RowScanner();

  // The types of the columns, in order.
  const duckdb::vector<duckdb::LogicalType>& types() const { return types_; }
  // Fills `chunk`, which has these types; false at the end. Throws InterruptException when the
  // statement was cancelled.
  bool Next(duckdb::DataChunk& chunk);

 private:
  duckdb::ClientContext& context_;
  duckdb::vector<duckdb::LogicalType> types_;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icefall
