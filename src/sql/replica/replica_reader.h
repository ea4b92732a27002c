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
// switched off, or the file is not sound: then the Parquet file has to be read.
duckdb::shared_ptr<duckdb::BaseFileReader> OpenReplicaReader(duckdb::ClientContext& context,
                                                             const duckdb::OpenFileInfo& info,
                                                             const ScanFile& file);

// Reads the next rows of a scan that is at a replica whose columns need nothing but to be read:
// what DuckDB does with the chunks of any file takes longer than reading many of these does. False
// when it is not, or they are at an end: DuckDB's own scan function has to go on.
bool ScanPlainReplica(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
                      duckdb::DataChunk& rows);

// One task per row group, as the Parquet reader, so that rows come in the file's order. Where the
// replica turns out to be damaged while it is read, the rows that are missing come from the Parquet
// file, and the replica is deleted.
class ReplicaReader : public duckdb::BaseFileReader {
 public:
  ReplicaReader(const duckdb::OpenFileInfo& info, const ScanFile& file, OpenReplicaPointer replica);
  ~ReplicaReader() override;

  // Fields of the file that cannot be read from here.
  const std::vector<FieldId>& left_out() const { return replica_->layout.columns.left_out; }
  // Before DuckDB maps its columns: those of the table that the scan asks for. It has no others.
  void SelectColumns(const duckdb::vector<duckdb::ColumnIndex>& column_ids);
  // Once they are mapped: what makes those of the scan of them.
  void SetExpressions(const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions);
  // Rows of the thread's task, of which each column is one of the scan; all may be deleted. False
  // when such do not come, or none are left: Scan goes on.
  bool ScanPlain(duckdb::ClientContext& context, const duckdb::LocalTableFunctionState& thread,
                 duckdb::DataChunk& chunk);

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
  // A chunk of the scan has all that is read.
  bool IsReadDirectly() const { return storage_.size() == column_ids.size(); }
  void LeaveOutDeleted(duckdb::DataChunk& rows) const;

  const ScanFile& file_;
  const OpenReplicaPointer replica_;
  const std::shared_ptr<const DeletionVector> hidden_;
  std::vector<size_t> places_;  // of `columns` in the replica
  bool is_plain_ = false;       // the scan's columns are these as they are, in their order
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
