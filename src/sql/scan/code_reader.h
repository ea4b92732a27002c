// Reads a data file's columns as numbers of values in dictionaries, for scans that only filter
// rows, or only want to know which values there are.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "duckdb/common/multi_file/base_file_reader.hpp"

#include "sql/scan/fragment_list.h"
#include "sql/scan/paged_columns.h"

namespace icefall {

// Whether DuckDB's reader would do more work than a CodeReader: where all columns of the scan have
// filters, which are asked about a dictionary's values instead of about rows; or where equal rows
// are taken for one, of one column. All of the columns have to be stored with dictionaries.
// `column_ids`: of the scan; absent: not known yet, so that the answer is whether it may be.
bool IsReadByCodes(const ScanFile& file, const duckdb::vector<duckdb::ColumnIndex>* column_ids);

// One task per row group, in the file's order. Where a row group turns out not to be read here, its
// rows come by DuckDB's reader.
class CodeReader : public duckdb::BaseFileReader {
 public:
  CodeReader(duckdb::ClientContext& context, const duckdb::OpenFileInfo& info,
             const ScanFile& file);
  ~CodeReader() override;

  // Not asked for columns of that kind.
  void AddVirtualColumn(duckdb::column_t column) override;
  bool TryInitializeScan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& gstate,
                         duckdb::LocalTableFunctionState& lstate) override;
  duckdb::AsyncResult Scan(duckdb::ClientContext& context,
                           duckdb::GlobalTableFunctionState& global_state,
                           duckdb::LocalTableFunctionState& local_state,
                           duckdb::DataChunk& chunk) override;
  duckdb::string GetReaderType() const override;

 private:
  struct Column;
  struct Task;

  Task& TaskOf(const duckdb::LocalTableFunctionState& thread);
  // The rows of the task's row group that pass, or its values. False: they cannot be read here.
  bool ReadGroup(duckdb::ClientContext& context, Task& task);
  bool ReadColumn(Task& task, size_t index);
  // False when no value of the dictionary passes the filter on the column, which may have none.
  bool FilterDictionary(duckdb::ClientContext& context, size_t index, Column& column) const;
  // All answer as ReadGroup.
  bool SelectRows(Task& task) const;
  bool ReadCodesOfRows(const Task& task, Column& column) const;
  // Notes of each code whether a live row has it.
  bool FindValues(const Task& task, bool has_hidden, std::vector<uint8_t>& is_there) const;
  bool SelectValues(Task& task) const;
  void UseParquet(duckdb::ClientContext& context, Task& task);
  bool ReadParquet(duckdb::ClientContext& context, Task& task, duckdb::DataChunk& chunk) const;

  const ScanFile& file_;
  const std::shared_ptr<const DeletionVector> hidden_;
  // Of each of `columns`: its position in the schema that the file was written under, and in the
  // table's.
  std::vector<duckdb::column_t> written_columns_;
  std::vector<duckdb::column_t> table_columns_;
  std::mutex mutex_;  // guards what follows up to tasks_
  PagedColumns paged_;
  std::unordered_map<const duckdb::LocalTableFunctionState*, std::unique_ptr<Task>> tasks_;
  const std::vector<ParquetRowGroup>* groups_ = nullptr;  // null before the first task
  size_t next_group_ = 0;
};

}  // namespace icefall
