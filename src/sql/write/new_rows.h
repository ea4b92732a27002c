// The rows that one operator adds to a table: inline when they are few, else in data files.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sql/write/batch_order.h"
#include "sql/write/data_file_writer.h"
#include "sql/write/gathered_rows.h"
#include "table/inline_rows.h"

namespace icefall {

enum class RowOrder : uint8_t {
  kAny,      // as threads deliver; with one thread, its order
  kBatches,  // by batch index; for unpartitioned tables
};

// Nothing is written before a thread has more rows than may be inlined. Thread-safe as stated.
class NewRows {
 public:
  struct Result {
    std::vector<Fragment> fragments;         // see DataFileWriter::Finish
    std::optional<InlineBatch> inline_rows;  // positions, schema and ids are for the caller
    uint64_t row_count = 0;
  };
  // What one thread holds between its calls.
  struct Local {
    explicit Local(const DataFileFormat& format) : gathered(format.types) {}

    GatheredRows gathered;  // not yet handed on
    DataFileWriter::Local writer;
    bool streams = false;
    uint64_t row_count = 0;
    // With kBatches, instead:
    RowsPointer head;                      // not yet handed on
    duckdb::ColumnDataAppendState append;  // of head
    RowsPointer held;  // a row group before head, held until it is known how many rows follow
    uint64_t batch = 0;
    uint64_t batch_min = 0;
    uint64_t piece = 0;
  };

  // Rows larger than this as text are not inlined.
  static constexpr uint64_t kInlineTextSizeMax = 64 * 1024;

  // `lineage`: what columns the rows have behind those of the table. Rows that only moved are not
  // inlined. `dense`: see DataFileFormat.
  NewRows(duckdb::ClientContext& context, IcefallTransaction& transaction, TableEntryPointer table,
          StoredLineage lineage, RowOrder order, bool dense = false);
  ~NewRows();

  // With kBatches: all rows are of this partition of the table. Before the first Append.
  void SetPartition(PartitionTuple values) { writer_.SetOrderedPartition(std::move(values)); }

  const DataFileFormat& format() const { return format_; }

  std::unique_ptr<Local> NewLocal(duckdb::ClientContext& context);
  // With kBatches, all rows between two calls of NextBatch are of one batch.
  void Append(duckdb::ExecutionContext& context, Local& local, duckdb::DataChunk& rows);
  // The rows to come are of `batch`; no rows below `batch_min` are still to come from any thread.
  void NextBatch(duckdb::ClientContext& context, Local& local, uint64_t batch, uint64_t batch_min);
  void Combine(duckdb::ExecutionContext& context, Local& local, uint64_t batch_min);

  // Once, when all threads have combined.
  Result Finish(duckdb::ClientContext& context);

 private:
  void NewHead(duckdb::ClientContext& context, Local& local) const;
  void Write(duckdb::ExecutionContext& context, DataFileWriter::Local& local, GatheredRows& rows);
  // Hands on a piece of the batch; all that is left of it.
  void HandOver(duckdb::ClientContext& context, Local& local, RowsPointer rows);
  void EndBatch(duckdb::ClientContext& context, Local& local, uint64_t batch_min);
  std::optional<InlineBatch> TryInline(GatheredRows& rows) const;

  const DataFileFormat format_;
  const RowOrder order_;
  uint64_t inline_limit_;
  DataFileWriter writer_;
  BatchOrder batches_;
  std::atomic<bool> has_streamed_ = false;  // a thread went past the inline limit
  std::atomic<uint64_t> row_count_ = 0;

  std::mutex mutex_;
  GatheredRows gathered_;  // by threads that have combined; guarded by mutex_
};

}  // namespace icefall
