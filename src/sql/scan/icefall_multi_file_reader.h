// Teaches DuckDB's Parquet scan what a fragment is.
#pragma once

#include "duckdb/common/multi_file/multi_file_reader.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// Maps columns by field id, leaves deleted rows out, reads inline rows beside files and answers the
// virtual columns of sql/scan/virtual_columns.h.
class IcefallMultiFileReader : public duckdb::MultiFileReader {
 public:
  explicit IcefallMultiFileReader(ScanTargetPointer target);

  // For TableFunction::get_multi_file_reader; the function's info is a ScanTarget.
  static duckdb::unique_ptr<duckdb::MultiFileReader> Create(const duckdb::TableFunction& function);

  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(
      duckdb::ClientContext& context, const duckdb::vector<duckdb::string>& paths,
      const duckdb::FileGlobInput& glob) override;
  bool Bind(duckdb::MultiFileOptions& options, duckdb::MultiFileList& files,
            duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<duckdb::string>& names,
            duckdb::MultiFileReaderBindData& bind_data) override;
  void BindOptions(duckdb::MultiFileOptions& options, duckdb::MultiFileList& files,
                   duckdb::vector<duckdb::LogicalType>& types,
                   duckdb::vector<duckdb::string>& names,
                   duckdb::MultiFileReaderBindData& bind_data) override;
  duckdb::shared_ptr<duckdb::BaseFileReader> CreateReader(
      duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
      const duckdb::OpenFileInfo& file, duckdb::idx_t index,
      const duckdb::MultiFileBindData& bind_data) override;
  duckdb::ReaderInitializeType InitializeReader(
      duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids,
      duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::ClientContext& context,
      duckdb::MultiFileGlobalState& state) override;
  duckdb::unique_ptr<duckdb::MultiFileReaderGlobalState> InitializeGlobalState(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      const duckdb::MultiFileReaderBindData& bind_data, const duckdb::MultiFileList& files,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids) override;
  void FinalizeChunk(duckdb::ClientContext& context, const duckdb::MultiFileBindData& bind_data,
                     duckdb::BaseFileReader& reader, const duckdb::MultiFileReaderData& reader_data,
                     duckdb::DataChunk& input, duckdb::DataChunk& output,
                     duckdb::ExpressionExecutor& executor,
                     duckdb::optional_ptr<duckdb::MultiFileReaderGlobalState> state) override;
  duckdb::unique_ptr<duckdb::Expression> GetVirtualColumnExpression(
      duckdb::ClientContext& context, duckdb::MultiFileReaderData& reader_data,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& file_columns, duckdb::idx_t& column,
      const duckdb::LogicalType& type, duckdb::MultiFileLocalIndex local_index,
      duckdb::optional_ptr<duckdb::MultiFileColumnDefinition>& table_column) override;
  duckdb::unique_ptr<duckdb::MultiFileReader> Copy() const override;

  // Has the next InitializeGlobalState put the reader of the first file there, where that is none
  // of DuckDB's: threads that begin before it is opened wait for each other, and are woken.
  void OpenFirstInto(duckdb::shared_ptr<duckdb::BaseFileReader>& first) { first_ = &first; }

  // How many files a scan has read from their replicas so far.
  static uint64_t ReplicaCount(const duckdb::MultiFileGlobalState& state);
  // How many data files are read by numbers of values in dictionaries (code_reader.h).
  static uint64_t CodeCount(const duckdb::MultiFileGlobalState& state);

 private:
  // The Parquet file itself.
  duckdb::shared_ptr<duckdb::BaseFileReader> OpenDataFile(
      duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
      const duckdb::OpenFileInfo& info, duckdb::idx_t index,
      const duckdb::MultiFileBindData& bind_data);
  // InitializeReader for the reader that was settled on; `filters` are those for the file.
  duckdb::ReaderInitializeType MapColumns(duckdb::MultiFileReaderData& reader_data,
                                          const duckdb::MultiFileBindData& bind_data,
                                          duckdb::optional_ptr<duckdb::TableFilterSet> filters,
                                          duckdb::ClientContext& context,
                                          duckdb::MultiFileGlobalState& state);

  ScanTargetPointer target_;
  duckdb::shared_ptr<duckdb::BaseFileReader>* first_ = nullptr;  // see OpenFirstInto
};

}  // namespace icefall
