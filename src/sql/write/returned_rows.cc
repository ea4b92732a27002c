#include "sql/write/returned_rows.h"

namespace icefall {
namespace {

struct ReturnedRowsScan : public duckdb::GlobalSourceState {
  duckdb::ColumnDataScanState state;
};

}  // namespace

void ReturnedRows::AddRows(duckdb::DataChunk& rows) {
  if (!returns_rows_) return;
  duckdb::DataChunk columns;
  columns.InitializeEmpty(rows_.Types());
  for (size_t i = 0; i < columns.ColumnCount(); ++i) columns.data[i].Reference(rows.data[i]);
  columns.SetCardinality(rows.size());
  const std::lock_guard lock(mutex_);
  rows_.Append(columns);
}

duckdb::unique_ptr<duckdb::GlobalSourceState> ReturnedRows::NewScan() const {
  auto scan = duckdb::make_uniq<ReturnedRowsScan>();
  rows_.InitializeScan(scan->state);
  return scan;
}

duckdb::SourceResultType ReturnedRows::Scan(duckdb::GlobalSourceState& state,
                                            duckdb::DataChunk& chunk) const {
  if (!returns_rows_) {
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, duckdb::Value::BIGINT(static_cast<int64_t>(count_.load())));
    return duckdb::SourceResultType::FINISHED;
  }
  rows_.Scan(state.Cast<ReturnedRowsScan>().state, chunk);
  return chunk.size() == 0 ? duckdb::SourceResultType::FINISHED
                           : duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

}  // namespace icefall
