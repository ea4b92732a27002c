// Puts rows that threads deliver in numbered batches back into order, a row group at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "duckdb/common/types/column/column_data_collection.hpp"

#include "sql/write/data_file_writer.h"

namespace icefall {

// Thread-safe. Compression runs on the threads that deliver, outside of any lock, and for pieces
// that make a row group before their turn has come. A thread that waits for another's batch keeps
// a few compressed row groups in memory, and rows that DuckDB's buffer manager can spill.
class BatchOrder {
 public:
  // Takes a piece, and writes what is in order: nothing below `batch_min` is still to come.
  void Add(duckdb::ClientContext& context, DataFileWriter& writer, PieceNumber number,
           RowsPointer rows, uint64_t batch_min);
  // When all threads are done: writes what makes row groups, and answers the rows after them, too
  // few for one, or null when there are none.
  RowsPointer TakeRest(duckdb::ClientContext& context, DataFileWriter& writer);
  // True when a row group was written. Only after TakeRest.
  bool has_written() const { return written_ > 0; }
  // Writes one more group, of what TakeRest answered.
  void WriteRest(duckdb::ClientContext& context, DataFileWriter& writer, RowsPointer rows);

 private:
  // Compressed row groups that wait for their turn at most.
  static constexpr size_t kWaitingGroupCountMax = 8;

  using RowGroupPointer = std::unique_ptr<DataFileWriter::RowGroup>;
  struct Piece {  // one of them
    RowsPointer rows;
    RowGroupPointer group;
  };
  struct Job {
    uint64_t turn = 0;
    PieceNumber number;  // of its last piece
    Piece piece;
  };
  bool MayWaitCompressed();
  // The next row group in order, when all its pieces have come.
  bool TakeJob(const DataFileFormat& format, uint64_t batch_min, Job& job);
  void Run(duckdb::ClientContext& context, DataFileWriter& writer, Job job);

  std::mutex mutex_;  // guards what follows
  std::map<PieceNumber, Piece> pieces_;
  size_t waiting_group_count_ = 0;  // among pieces_, and on their way there
  RowsPointer next_group_;
  PieceNumber next_group_number_;  // of its last piece
  uint64_t turn_count_ = 0;

  std::mutex write_mutex_;  // guards what follows; held while writing
  std::map<uint64_t, RowGroupPointer> prepared_;
  uint64_t written_ = 0;
};

}  // namespace icefall
