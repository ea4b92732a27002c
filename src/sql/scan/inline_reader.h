// Reads inline rows inside a Parquet scan, as if they were one more file.
#pragma once

#include <atomic>
#include <vector>

#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/execution/expression_executor.hpp"

#include "sql/scan/inline_block.h"

namespace icefall {

// Scanned by one thread; the others go on to other files.
class InlineReader : public duckdb::BaseFileReader {
 public:
  // `file_columns`: one per column of the block. Rows that `inline_rows` has deleted or that are
  // below its floor are left out.
  InlineReader(duckdb::OpenFileInfo file, InlineBlockPointer block, InlineRows inline_rows,
               duckdb::vector<duckdb::MultiFileColumnDefinition> file_columns);
  ~InlineReader() override;

  void AddVirtualColumn(duckdb::column_t column) override;
  bool TryInitializeScan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& gstate,
                         duckdb::LocalTableFunctionState& lstate) override;
  duckdb::AsyncResult Scan(duckdb::ClientContext& context,
                           duckdb::GlobalTableFunctionState& global_state,
                           duckdb::LocalTableFunctionState& local_state,
                           duckdb::DataChunk& chunk) override;
  duckdb::string GetReaderType() const override;

 private:
  // Fills column `target` of the chunk for rows [row_, row_ + count).
  void ReadColumn(size_t target, duckdb::idx_t count, duckdb::DataChunk& chunk);
  void ReadVirtual(duckdb::column_t column, duckdb::idx_t count, duckdb::Vector& result) const;
  // Sets which of the rows are live; answers how many.
  duckdb::idx_t SelectLive(duckdb::idx_t count, duckdb::SelectionVector& live) const;

  InlineBlockPointer block_;
  InlineRows inline_rows_;
  std::vector<duckdb::column_t> virtual_columns_;  // after the block's own
  std::atomic<bool> started_ = false;
  duckdb::ColumnDataScanState scan_state_;
  duckdb::DataChunk source_;
  duckdb::unordered_map<duckdb::column_t, duckdb::unique_ptr<duckdb::ExpressionExecutor>>
      executors_;  // by local column
  uint64_t row_ = 0;
};

}  // namespace icefall
