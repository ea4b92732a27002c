// Puts rows that threads deliver in numbered batches back into order, a row group at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "duckdb/common/types/column/column_data_collection.hpp"

#include "sql/write/data_file_writer.h"

namespace icefall {

using RowsPointer = duckdb::unique_ptr<duckdb::ColumnDataCollection>;

// Thread-safe. Compression runs on the threads that deliver, outside of
// any lock; a thread that waits for another's batch only keeps rows in memory that DuckDB's buffer
// manager can spill.
class BatchOrder {
 public:
  // A piece of a batch: pieces of one batch ascend.
  using PieceNumber = std::pair<uint64_t, uint64_t>;
  static constexpr uint64_t kRowGroupSize = 122'880;

  // Takes a piece, and writes what is in order: nothing below `batch_min` is still to come.
  void Add(duckdb::ClientContext& context, DataFileWriter& writer, PieceNumber number,
           RowsPointer rows, uint64_t batch_min);
  // When all threads are done: the rows not yet written, in order; null when there are none.
  RowsPointer TakeRest();
  // True when a row group was written.
  bool has_written() const { return reserved_ > 0; }
  // Writes one more group, when all threads are done.
  void WriteRest(duckdb::ClientContext& context, DataFileWriter& writer, RowsPointer rows);

 private:
  struct Job {
    uint64_t number = 0;
    std::unique_ptr<DataFileWriter::RowGroup> group;
    RowsPointer rows;
  };
  // Moves pieces that are in order to `next_group_`; a job when that is large enough.
  bool TakeJob(duckdb::ClientContext& context, DataFileWriter& writer, uint64_t batch_min,
               Job& job);
  void Run(duckdb::ClientContext& context, DataFileWriter& writer, Job job);

  std::mutex mutex_;  // guards what follows
  std::map<PieceNumber, RowsPointer> pieces_;
  RowsPointer next_group_;
  uint64_t reserved_ = 0;

  std::mutex write_mutex_;  // guards what follows; held while writing
  std::map<uint64_t, std::unique_ptr<DataFileWriter::RowGroup>> prepared_;
  uint64_t written_ = 0;
};

}  // namespace icefall
