// Writes the new rows of a statement to data files, from many threads.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/execution/execution_context.hpp"

#include "sql/icefall_transaction.h"
#include "sql/write/data_file_format.h"
#include "sql/write/partition_values.h"
#include "table/fragment.h"

namespace icefall {

using RowsPointer = duckdb::unique_ptr<duckdb::ColumnDataCollection>;
// A batch, and a part of it.
using PieceNumber = std::pair<uint64_t, uint64_t>;

// Threads share the open file of a partition and append row groups to it; a file that has grown
// past the target size is closed and followed by another. Files that no change set names are
// deleted when the transaction ends.
class DataFileWriter {
 public:
  // What one thread holds between its calls.
  struct Local {
    struct Partition {
      PartitionTuple values;
      duckdb::unique_ptr<duckdb::LocalFunctionData> state;
    };
    duckdb::DataChunk cast_rows;
    std::unordered_map<std::string, Partition> partitions;
  };

  // `format` must outlive the writer.
  DataFileWriter(duckdb::ClientContext& context, IcefallTransaction& transaction,
                 const DataFileFormat& format);
  ~DataFileWriter();

  // Rows have the columns format.types. Rows of one thread keep their order within a partition.
  void Append(duckdb::ExecutionContext& context, Local& local, duckdb::DataChunk& rows);
  // Hands on what the thread still holds.
  void Combine(duckdb::ExecutionContext& context, Local& local);
  // For row groups that must keep the order of their numbers and are all of one partition: Prepare,
  // which compresses, on any thread and in any order; WriteOrdered in order, one thread at a time.
  // A file grows past the target size by the groups that were prepared before it was full.
  // NoteTextSizes must have seen all rows before.
  // The partition is the empty tuple, of an unpartitioned table, unless another one is set.
  void SetOrderedPartition(PartitionTuple values) { ordered_partition_ = std::move(values); }
  struct OpenFile;
  struct RowGroup {
    std::shared_ptr<OpenFile> file;
    duckdb::unique_ptr<duckdb::PreparedBatchData> data;
    RowsPointer rows;  // physical ones, instead of the others where format.row_limit is set
  };
  std::unique_ptr<RowGroup> Prepare(duckdb::ClientContext& context, PieceNumber number,
                                    RowsPointer rows);
  void NoteTextSizes(duckdb::DataChunk& rows);
  void WriteOrdered(duckdb::ClientContext& context, std::unique_ptr<RowGroup> group);

  // Closes all files. Ids, first row ids and schema are for the caller to fill in. Once, when no
  // thread appends any more.
  std::vector<Fragment> Finish(duckdb::ClientContext& context);

  const DataFileFormat& format() const { return format_; }

 private:
  struct LimitedFile;
  using OpenFilePointer = std::shared_ptr<OpenFile>;
  using FileMap = std::unordered_map<std::string, OpenFilePointer>;
  // More open files than this and the oldest is closed.
  static constexpr size_t kOpenFileCountMax = 256;

  // The rows in physical form; `scratch` holds them when they had to be cast.
  duckdb::DataChunk& Cast(duckdb::DataChunk& scratch, duckdb::DataChunk& rows) const;
  bool IsFull(const OpenFile& file) const;
  // The open file of a partition, locked for shared use; may close files that are full.
  std::pair<OpenFilePointer, std::shared_lock<std::shared_mutex>> Use(
      duckdb::ClientContext& context, const std::string& key, const PartitionTuple& values);
  OpenFilePointer Open(duckdb::ClientContext& context, const PartitionTuple& values);
  void Close(duckdb::ClientContext& context, OpenFile& file);
  // Adds physical rows to files of format.row_limit rows, one after the other.
  void AppendLimited(duckdb::ClientContext& context, LimitedFile& limited,
                     const PartitionTuple& values, duckdb::DataChunk& physical);
  // What is not written of it yet, as a row group.
  void WriteLimited(duckdb::ClientContext& context, LimitedFile& limited,
                    const PartitionTuple& values);
  void CloseLimited(duckdb::ClientContext& context, LimitedFile& limited,
                    const PartitionTuple& values);
  // The file of an ordered row group.
  OpenFilePointer OrderedFile(duckdb::ClientContext& context, PieceNumber number);

  IcefallTransaction& transaction_;
  const DataFileFormat& format_;
  const PartitionValues partitions_;
  PartitionTuple ordered_partition_;
  std::vector<size_t> text_columns_;
  // By column; one that is above kBoundSizeMax need not be the longest.
  std::unique_ptr<std::atomic<uint32_t>[]> longest_text_;

  std::mutex mutex_;  // guards what follows
  FileMap open_files_;
  std::list<std::string> open_order_;  // keys of open_files_, oldest first
  // Files of ordered row groups, each with the last number that it takes.
  std::map<PieceNumber, OpenFilePointer> ordered_files_;
  PieceNumber ordered_number_max_;  // of what was prepared
  std::vector<Fragment> closed_;

  // Of the newest WriteOrdered; touched by one thread at a time.
  OpenFilePointer written_file_;
  std::unique_ptr<LimitedFile> ordered_limited_;
};

}  // namespace icefall
