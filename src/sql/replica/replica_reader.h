// Reads a data file's replica inside a Parquet scan, as if it were the file.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/storage/table/scan_state.hpp"

#include "sql/replica/open_replicas.h"
#include "sql/replica/replica_columns.h"
#include "sql/scan/fragment_list.h"

namespace icefall {

// The fragment's replica, opened for the scan; null when the table has none for it, they are
// switched off, or the file is not sound: then the Parquet file has to be read. The columns of the
// scan are not looked at.
duckdb::shared_ptr<duckdb::BaseFileReader> OpenReplicaReader(duckdb::ClientContext& context,
                                                             const duckdb::OpenFileInfo& info,
                                                             const ScanFile& file);

// One task per row group, as the Parquet reader, so that rows come in the file's order. Where the
// replica turns out to be damaged while it is read, the rows that are missing come from the Parquet
// file, and the replica is deleted.
class ReplicaReader : public duckdb::BaseFileReader {
 public:
  // `file_columns`: one per column of the replica.
  ReplicaReader(const duckdb::OpenFileInfo& info, const ScanFile& file, OpenReplicaPointer replica,
                ReplicaColumns columns,
                duckdb::vector<duckdb::MultiFileColumnDefinition> file_columns);
  ~ReplicaReader() override;

  // Fields of the file that cannot be read from here.
  const std::vector<FieldId>& left_out() const { return columns_.left_out; }

  void AddVirtualColumn(duckdb::column_t column) override;
  bool TryInitializeScan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& gstate,
                         duckdb::LocalTableFunctionState& lstate) override;
  duckdb::AsyncResult Scan(duckdb::ClientContext& context,
                           duckdb::GlobalTableFunctionState& global_state,
                           duckdb::LocalTableFunctionState& local_state,
                           duckdb::DataChunk& chunk) override;
  duckdb::string GetReaderType() const override;

 private:
  struct Task;

  // These are called by one thread at a time.
  void StartScan(duckdb::ClientContext& context);
  // Those first that hold the first rows of an ORDER BY ... LIMIT.
  void OrderRowGroups(duckdb::ClientContext& context);
  // Both answer whether there was more to do.
  bool StartTask(duckdb::ClientContext& context, Task& task);
  bool ClaimParquet(duckdb::ClientContext& context, Task& task);
  Task& TaskOf(const duckdb::LocalTableFunctionState& thread);
  // The rows from `begin` to before `end` from the Parquet file from now on.
  void UseParquet(duckdb::ClientContext& context, Task& task, uint64_t begin, uint64_t end);
  // Adds rows to `rows`; false when there are none left, or `task` now reads the Parquet file.
  bool ReadReplica(duckdb::ClientContext& context, Task& task, duckdb::DataChunk& rows);
  bool ReadParquet(duckdb::ClientContext& context, Task& task);
  void LeaveOutDeleted(duckdb::DataChunk& rows) const;

  const ScanFile& file_;
  const OpenReplicaPointer replica_;
  const ReplicaColumns columns_;
  const std::shared_ptr<const DeletionVector> hidden_;
  // What is read, column by column of the chunk; the position once more at the end where that is
  // not asked for but needed.
  duckdb::vector<duckdb::StorageIndex> storage_;
  duckdb::vector<duckdb::LogicalType> types_;
  size_t position_column_ = 0;  // in storage_, when it is there
  bool has_position_ = false;
  bool is_started_ = false;
  duckdb::ParallelTableScanState parallel_;
  std::map<uint64_t, uint64_t> claimed_;  // begin and end of the rows that have a task
  bool is_claimed_ = false;               // all of those that can match
  std::atomic<bool> is_damaged_ = false;
  std::mutex mutex_;  // guards tasks_
  std::unordered_map<const duckdb::LocalTableFunctionState*, std::unique_ptr<Task>> tasks_;
};

}  // namespace icefall
