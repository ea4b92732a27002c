// What a writing statement answers: a count, or the rows of RETURNING.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/execution/physical_operator.hpp"

namespace icefall {

// Thread-safe.
class ReturnedRows {
 public:
  // `types`: of the operator; without RETURNING one BIGINT.
  ReturnedRows(duckdb::ClientContext& context, bool returns_rows,
               const duckdb::vector<duckdb::LogicalType>& types)
      : returns_rows_(returns_rows), rows_(context, types) {}

  void AddCount(uint64_t count) { count_ += count; }
  // Keeps the first columns of `rows` when there is a RETURNING.
  void AddRows(duckdb::DataChunk& rows);

  duckdb::unique_ptr<duckdb::GlobalSourceState> NewScan() const;
  duckdb::SourceResultType Scan(duckdb::GlobalSourceState& state, duckdb::DataChunk& chunk) const;

 private:
  const bool returns_rows_;
  std::atomic<uint64_t> count_ = 0;
  std::mutex mutex_;
  duckdb::ColumnDataCollection rows_;  // guarded by mutex_ while the sink runs
};

}  // namespace icefall
