// Reads a data file's replica inside a Parquet scan, as if it were the file.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/storage/table/scan_state.hpp"

#include "sql/replica/ascending_filters.h"
#include "sql/replica/open_replicas.h"
#include "sql/replica/replica_columns.h"
#include "sql/scan/fragment_list.h"

namespace icefall {

// The fragment's replica, opened for the scan; null when the table has none for it, they are
// switched off, or the file is not sound: then the Parquet file has to be read.
duckdb::shared_ptr<duckdb::BaseFileReader> OpenReplicaReader(duckdb::ClientContext& context,
                                                             const duckdb::OpenFileInfo& info,
                                                             const ScanFile& file);

// One task per row group, as the Parquet reader, so that rows come in the file's order where
// DuckDB's scan hands out the tasks. Where the replica turns out to be damaged while it is read,
// the rows that are missing come from the Parquet file, and the replica is deleted.
class ReplicaReader : public duckdb::BaseFileReader {
 public:
  ReplicaReader(const duckdb::OpenFileInfo& info, const ScanFile& file, OpenReplicaPointer replica);
  ~ReplicaReader() override;

  // Fields of the file that cannot be read from here.
  const std::vector<FieldId>& left_out() const { return replica_->layout.columns.left_out; }
  // Where the columns of the scan are those of the replica as they are: has ScanPlain read them,
  // and nothing be mapped. `filters`: by positions in `column_ids`; taken then.
  bool ReadPlainly(duckdb::ClientContext& context,
                   const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                   duckdb::unique_ptr<duckdb::TableFilterSet>& filters);
  bool is_plain() const { return is_plain_; }
  // Else, before DuckDB maps its columns: those of the table that the scan asks for. It has no
  // others.
  void SelectColumns(const duckdb::vector<duckdb::ColumnIndex>& column_ids);
  // How many row groups can have rows of the scan, or `count_max` where those are more; of a reader
  // that is plain, before it is read.
  uint64_t CountTasks(duckdb::ClientContext& context, uint64_t count_max) const;

  // What one thread reads: a row group, then the next.
  struct Task;
  // That DuckDB's scan has started for the thread. Thread-safe, as what follows.
  Task& TaskOf(const duckdb::LocalTableFunctionState& thread);
  // Goes on with other rows that no thread has begun with; false when there are none.
  bool StartNext(duckdb::ClientContext& context, Task& task);
  // The next rows of the task, of a reader that is plain: in `chunk`, which is empty, the columns
  // at `kept`, or all where that is empty. False when none are left.
  bool ScanPlain(duckdb::ClientContext& context, Task& task,
                 const duckdb::vector<duckdb::idx_t>& kept, duckdb::DataChunk& chunk);

  void AddVirtualColumn(duckdb::column_t column) override;
  bool TryInitializeScan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& gstate,
                         duckdb::LocalTableFunctionState& lstate) override;
  duckdb::AsyncResult Scan(duckdb::ClientContext& context,
                           duckdb::GlobalTableFunctionState& global_state,
                           duckdb::LocalTableFunctionState& local_state,
                           duckdb::DataChunk& chunk) override;
  duckdb::string GetReaderType() const override;

 private:
  // Of a thread, once `thread` is set.
  struct TaskPlace {
    std::atomic<const duckdb::LocalTableFunctionState*> thread = nullptr;
    Task* task = nullptr;
  };

  // Before there are tasks, as the two that follow; notes it when the replica is damaged.
  void Start(duckdb::ClientContext& context);
  void StartScan(duckdb::ClientContext& context);
  void SelectStorage();  // of the columns that are mapped
  // Those first that hold the first rows of an ORDER BY ... LIMIT.
  void OrderRowGroups(duckdb::ClientContext& context);
  // All answer whether there was more to do; ClaimReplica nothing where the replica is damaged.
  std::optional<bool> ClaimReplica(duckdb::ClientContext& context, Task& task);
  bool StartTask(duckdb::ClientContext& context, Task& task);
  bool ClaimParquet(duckdb::ClientContext& context, Task& task);
  // Makes it.
  Task& StartThread(const duckdb::LocalTableFunctionState& thread);
  // The rows from `begin` to before `end` from the Parquet file from now on.
  void UseParquet(duckdb::ClientContext& context, Task& task, uint64_t begin, uint64_t end);
  // Adds rows to `rows`; false when there are none left, or `task` now reads the Parquet file.
  bool ReadReplica(duckdb::ClientContext& context, Task& task, duckdb::DataChunk& rows);
  bool ReadParquet(duckdb::ClientContext& context, Task& task);
  // The next rows that are left of the task, in its own chunk; there may be none in it.
  bool ReadRows(duckdb::ClientContext& context, Task& task);
  // A chunk of the scan has all that is read.
  bool IsReadDirectly() const { return storage_.size() == column_count_; }
  void LeaveOutDeleted(duckdb::DataChunk& rows) const;

  const ScanFile& file_;
  const OpenReplicaPointer replica_;
  const std::shared_ptr<const DeletionVector> hidden_;
  std::vector<size_t> places_;  // of `columns` in the replica
  bool is_plain_ = false;       // see ReadPlainly
  // What is read, column by column of the chunk; the position once more at the end where that is
  // not asked for but needed.
  duckdb::vector<duckdb::StorageIndex> storage_;
  duckdb::vector<duckdb::LogicalType> types_;
  size_t column_count_ = 0;     // that were asked for
  size_t position_column_ = 0;  // in storage_, when it is there
  bool has_position_ = false;
  AscendingFilters ascending_;
  bool is_started_ = false;
  duckdb::ParallelTableScanState parallel_;
  // Shared while a row group is claimed: alone, nobody is between taking one and noting it.
  std::shared_mutex claims_;
  std::atomic<bool> is_claimed_ = false;  // all of those that can match
  std::atomic<bool> is_damaged_ = false;
  std::mutex mutex_;                      // guards what follows
  std::map<uint64_t, uint64_t> claimed_;  // begin and end of the rows that have a task
  std::unordered_map<const duckdb::LocalTableFunctionState*, std::unique_ptr<Task>> tasks_;
  // Those of the first threads, which need no lock for each chunk; null where that is plain. Apart,
  // as memory for larger objects than this is without them takes longer to find.
  std::unique_ptr<std::array<TaskPlace, 16>> places_of_tasks_;
};

}  // namespace icefall
