#include "sql/scan/icefall_multi_file_reader.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/table_filter_state.hpp"
#include "duckdb/storage/table/column_segment.hpp"

#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/index/index_only_scan.h"
#include "sql/replica/replica_choice.h"
#include "sql/replica/replica_reader.h"
#include "sql/scan/code_reader.h"
#include "sql/scan/column_definitions.h"
#include "sql/scan/deletion_filter.h"
#include "sql/scan/file_filters.h"
#include "sql/scan/inline_reader.h"
#include "sql/scan/row_fetch.h"
#include "sql/scan/row_lineage.h"
#include "sql/scan/scan_columns.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

// Stands for a file that need not be opened.
class SkippedReader : public duckdb::BaseFileReader {
 public:
  using BaseFileReader::BaseFileReader;
  bool TryInitializeScan(duckdb::ClientContext&, duckdb::GlobalTableFunctionState&,
                         duckdb::LocalTableFunctionState&) override {
    return false;
  }
  duckdb::AsyncResult Scan(duckdb::ClientContext&, duckdb::GlobalTableFunctionState&,
                           duckdb::LocalTableFunctionState&, duckdb::DataChunk&) override {
    return duckdb::AsyncResult(duckdb::SourceResultType::FINISHED);
  }
  void AddVirtualColumn(duckdb::column_t) override {}
  duckdb::string GetReaderType() const override { return "Icefall skipped file"; }
};

duckdb::shared_ptr<duckdb::BaseFileReader> OpenInlineRows(duckdb::ClientContext& context,
                                                          const duckdb::OpenFileInfo& info,
                                                          const ScanFile& file) {
  auto& target = *file.list->target();
  const auto& snapshot = target.snapshot();
  auto block = file.index_rows ? DecodeBatchesOf(snapshot, file.index_rows->positions)
                               : target.catalog.inline_blocks().Get(snapshot, file.inline_schema);
  const auto& schema = *snapshot.schemas.at(file.inline_schema);
  std::vector<Field> fields;
  for (const auto id : block->fields) fields.push_back(*schema.Find(id));
  auto columns = ColumnDefinitions(context, fields, MappingSide::kFile);
  return duckdb::make_shared_ptr<InlineReader>(info, std::move(block), snapshot.inline_rows,
                                               std::move(columns));
}

struct ScanState : public duckdb::MultiFileReaderGlobalState {
  explicit ScanState(const duckdb::MultiFileList& files) : MultiFileReaderGlobalState({}, &files) {}

  // Replicas that are read as they are need none.
  const ScanColumns& Columns(duckdb::ClientContext& context, const IcefallTableEntry& table,
                             const duckdb::vector<duckdb::ColumnIndex>& column_ids) {
    std::call_once(columns_made_, [&] { columns_ = ColumnsOfScan(context, table, column_ids); });
    return columns_;
  }

  duckdb::optional_idx row_id_position;  // in the columns of the scan
  std::atomic<uint64_t> replica_count = 0;
  std::atomic<uint64_t> code_count = 0;

 private:
  std::once_flag columns_made_;
  ScanColumns columns_;
};

void AddPositionFilter(const duckdb::TableFilter& positions,
                       const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                       duckdb::unique_ptr<duckdb::TableFilterSet>& filters) {
  if (!filters) filters = duckdb::make_uniq<duckdb::TableFilterSet>();
  for (duckdb::idx_t i = 0; i < column_ids.size(); ++i) {
    if (column_ids[i].GetPrimaryIndex() == kPositionColumn) {
      filters->filters[i] = positions.Copy();
    }
  }
}

// Keeps the rows of `chunk` whose id, which `row_id` answers for it, passes the filter.
void FilterRowIds(duckdb::ClientContext& context, const duckdb::Expression& row_id,
                  const duckdb::TableFilter& filter, duckdb::DataChunk& chunk) {
  duckdb::Vector ids(duckdb::LogicalType::BIGINT);
  duckdb::ExpressionExecutor executor(context, row_id);
  executor.ExecuteExpression(chunk, ids);
  duckdb::UnifiedVectorFormat format;
  ids.ToUnifiedFormat(chunk.size(), format);
  duckdb::SelectionVector selection;
  auto kept = chunk.size();
  const auto state = duckdb::TableFilterState::Initialize(context, filter);
  duckdb::ColumnSegment::FilterSelection(selection, ids, format, filter, *state, chunk.size(),
                                         kept);
  if (kept < chunk.size()) chunk.Slice(selection, kept);
}

// Whether nothing has to be mapped. DuckDB wants an expression for each column then, as it may
// leave out some, which it does not know yet where the file is the scan's first; they are not
// evaluated.
bool ReadsPlainly(duckdb::ClientContext& context, ReplicaReader& replica,
                  const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                  duckdb::unique_ptr<duckdb::TableFilterSet>& filters,
                  const duckdb::MultiFileGlobalState& state,
                  duckdb::MultiFileReaderData& reader_data) {
  if (!replica.ReadPlainly(context, column_ids, filters)) return false;
  for (size_t i = 0; i < column_ids.size(); ++i) {
    reader_data.expressions.push_back(
        duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value()));
  }
  ++state.multi_file_reader_state->Cast<ScanState>().replica_count;
  return true;
}

// Null when that is left to DuckDB's reader of Parquet files.
duckdb::shared_ptr<duckdb::BaseFileReader> OpenOwnReader(duckdb::ClientContext& context,
                                                         const duckdb::OpenFileInfo& info) {
  const auto& file = FragmentList::FileOf(info);
  if (file.is_inline()) return OpenInlineRows(context, info, file);
  // Asked again here, because the filter of a Top-N has tightened since the list was made.
  if (!file.list->CanStillMatch(context, file)) return duckdb::make_shared_ptr<SkippedReader>(info);
  if (IsAnsweredByIndex(file)) return OpenIndexRows(context, info, file);
  if (IsFetchedByRow(file)) return OpenFetchedRows(context, info, file);
  const bool reads_codes = IsReadByCodes(file, nullptr);
  if (reads_codes && file.list->is_distinct()) {
    return duckdb::make_shared_ptr<CodeReader>(context, info, file);
  }
  if (auto replica = OpenReplicaReader(context, info, file)) return replica;
  if (reads_codes) return duckdb::make_shared_ptr<CodeReader>(context, info, file);
  return nullptr;
}

}  // namespace

IcefallMultiFileReader::IcefallMultiFileReader(ScanTargetPointer target)
    : target_(std::move(target)) {
  function_name = "icefall_scan";
}

duckdb::unique_ptr<duckdb::MultiFileReader> IcefallMultiFileReader::Create(
    const duckdb::TableFunction& function) {
  return duckdb::make_uniq<IcefallMultiFileReader>(
      duckdb::shared_ptr_cast<duckdb::TableFunctionInfo, ScanTarget>(function.function_info));
}

duckdb::shared_ptr<duckdb::MultiFileList> IcefallMultiFileReader::CreateFileList(
    duckdb::ClientContext&, const duckdb::vector<duckdb::string>&, const duckdb::FileGlobInput&) {
  return duckdb::make_shared_ptr<FragmentList>(target_);
}

bool IcefallMultiFileReader::Bind(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
                                  duckdb::vector<duckdb::LogicalType>&,
                                  duckdb::vector<duckdb::string>&,
                                  duckdb::MultiFileReaderBindData& bind_data) {
  // What files are mapped by is asked of ScanState, and types are known once a scan begins.
  bind_data.mapping = duckdb::MultiFileColumnMappingMode::BY_FIELD_ID;
  return true;
}

void IcefallMultiFileReader::BindOptions(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
                                         duckdb::vector<duckdb::LogicalType>&,
                                         duckdb::vector<duckdb::string>&,
                                         duckdb::MultiFileReaderBindData&) {}

duckdb::shared_ptr<duckdb::BaseFileReader> IcefallMultiFileReader::CreateReader(
    duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
    const duckdb::OpenFileInfo& info, duckdb::idx_t index,
    const duckdb::MultiFileBindData& bind_data) {
  if (auto own = OpenOwnReader(context, info)) return own;
  return OpenDataFile(context, state, info, index, bind_data);
}

duckdb::shared_ptr<duckdb::BaseFileReader> IcefallMultiFileReader::OpenDataFile(
    duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
    const duckdb::OpenFileInfo& info, duckdb::idx_t index,
    const duckdb::MultiFileBindData& bind_data) {
  const auto& file = FragmentList::FileOf(info);
  auto& store = target_->catalog.database().store();
  if (store.capabilities().external_path) {
    // DuckDB would follow a link, out of the database if need be; the store does not.
    const auto& directory = target_->entry->object()->directory;
    Unwrap(store.Stat(directory + "/" + file.fragment->path));
  }
  return MultiFileReader::CreateReader(context, state, info, index, bind_data);
}

duckdb::ReaderInitializeType IcefallMultiFileReader::InitializeReader(
    duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
    const duckdb::vector<duckdb::MultiFileColumnDefinition>&,
    const duckdb::vector<duckdb::ColumnIndex>& column_ids,
    duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::ClientContext& context,
    duckdb::MultiFileGlobalState& state) {
  if (dynamic_cast<SkippedReader*>(reader_data.reader.get()) != nullptr) {
    return duckdb::ReaderInitializeType::SKIP_READING_FILE;
  }
  const auto info = reader_data.reader->file;
  const auto& file = FragmentList::FileOf(info);
  const auto index = reader_data.reader->file_list_idx.GetIndex();
  duckdb::unique_ptr<duckdb::TableFilterSet> own_filters;
  if (filters) own_filters = FiltersForFile(*filters, column_ids, file);
  if (file.positions) AddPositionFilter(*file.positions, column_ids, own_filters);
  const auto initialize = [&] {
    return MapColumns(reader_data, bind_data, own_filters.get(), context, state);
  };
  if (dynamic_cast<const CodeReader*>(reader_data.reader.get()) != nullptr) {
    const bool reads_codes = IsReadByCodes(file, &column_ids);
    const auto result = reads_codes ? initialize() : duckdb::ReaderInitializeType::INITIALIZED;
    if (reads_codes && reader_data.reader->expression_map.empty()) {
      ++state.multi_file_reader_state->Cast<ScanState>().code_count;
      return result;
    }
    reader_data.expressions.clear();
    reader_data.constant_map = {};
    reader_data.reader = OpenReplicaReader(context, info, file);
    if (reader_data.reader == nullptr) {
      reader_data.reader = OpenDataFile(context, *state.global_state, info, index, bind_data);
      return initialize();
    }
  }
  auto* replica = dynamic_cast<ReplicaReader*>(reader_data.reader.get());
  if (replica != nullptr && PrefersReplica(file, replica->left_out(), column_ids)) {
    if (ReadsPlainly(context, *replica, column_ids, own_filters, state, reader_data)) {
      return duckdb::ReaderInitializeType::INITIALIZED;
    }
    replica->SelectColumns(column_ids);
    const auto result = initialize();
    // It evaluates no filters over expressions, such as casts to a column's new type.
    if (reader_data.reader->expression_map.empty()) {
      ++state.multi_file_reader_state->Cast<ScanState>().replica_count;
      return result;
    }
    reader_data.expressions.clear();
    reader_data.constant_map = {};
  }
  if (replica != nullptr) {
    reader_data.reader = OpenDataFile(context, *state.global_state, info, index, bind_data);
  }
  return initialize();
}

duckdb::ReaderInitializeType IcefallMultiFileReader::MapColumns(
    duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
    duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::ClientContext& context,
    duckdb::MultiFileGlobalState& state) {
  auto& reader = *reader_data.reader;
  const auto& file = FragmentList::FileOf(reader.file);
  // What "file_index" answers, see kFragmentColumn.
  reader.file_list_idx = file.is_inline() ? kInlineFragment : file.fragment->id.value;
  // Rows of other places than the file are no others than those wanted.
  const bool reads_file = !file.is_inline() && dynamic_cast<InlineReader*>(&reader) == nullptr;
  if (const auto hidden = reads_file ? file.HiddenRows() : nullptr) {
    reader.deletion_filter = duckdb::make_uniq<DeletionFilter>(hidden);
  }
  const auto& asked = state.multi_file_reader_state->Cast<ScanState>().Columns(
      context, *target_->entry, state.column_indexes);
  const auto result = MultiFileReader::InitializeReader(reader_data, bind_data, asked.definitions,
                                                        asked.columns, filters, context, state);
  for (const auto& [repeated, first] : asked.repeated) {
    reader_data.expressions[repeated] = reader_data.expressions[first]->Copy();
  }
  return result;
}

duckdb::unique_ptr<duckdb::MultiFileReaderGlobalState>
IcefallMultiFileReader::InitializeGlobalState(
    duckdb::ClientContext& context, const duckdb::MultiFileOptions&,
    const duckdb::MultiFileReaderBindData&, const duckdb::MultiFileList& files,
    const duckdb::vector<duckdb::MultiFileColumnDefinition>&,
    const duckdb::vector<duckdb::ColumnIndex>& column_ids) {
  if (auto* first = std::exchange(first_, nullptr); first != nullptr && !files.IsEmpty()) {
    *first = OpenOwnReader(context, files.GetFirstFile());
  }
  auto state = duckdb::make_uniq<ScanState>(files);
  for (duckdb::idx_t i = 0; i < column_ids.size(); ++i) {
    if (column_ids[i].GetPrimaryIndex() == kRowIdColumn) state->row_id_position = i;
  }
  return state;
}

void IcefallMultiFileReader::FinalizeChunk(
    duckdb::ClientContext& context, const duckdb::MultiFileBindData& bind_data,
    duckdb::BaseFileReader& reader, const duckdb::MultiFileReaderData& reader_data,
    duckdb::DataChunk& input, duckdb::DataChunk& output, duckdb::ExpressionExecutor& executor,
    duckdb::optional_ptr<duckdb::MultiFileReaderGlobalState> state) {
  const auto position = state->Cast<ScanState>().row_id_position;
  if (position.IsValid()) {
    const auto& file = FragmentList::FileOf(reader.file);
    const auto* filter = file.list->FilterOf(kRowIdColumn);
    if (filter != nullptr && FiltersRowIdLate(file)) {
      FilterRowIds(context, *reader_data.expressions[position.GetIndex()], *filter, input);
    }
  }
  MultiFileReader::FinalizeChunk(context, bind_data, reader, reader_data, input, output, executor,
                                 state);
}

duckdb::unique_ptr<duckdb::Expression> IcefallMultiFileReader::GetVirtualColumnExpression(
    duckdb::ClientContext& context, duckdb::MultiFileReaderData& reader_data,
    const duckdb::vector<duckdb::MultiFileColumnDefinition>&, duckdb::idx_t& column,
    const duckdb::LogicalType& type, duckdb::MultiFileLocalIndex local_index,
    duckdb::optional_ptr<duckdb::MultiFileColumnDefinition>&) {
  auto& reader = *reader_data.reader;
  const auto& file = FragmentList::FileOf(reader.file);
  const auto position = local_index.GetIndex();
  if (!file.is_inline() && column == kRowIdColumn) {
    // What the Parquet reader itself can add is the position alone.
    column = kPositionColumn;
    return RowIdExpression(context, *file.fragment, reader, position);
  }
  if (!file.is_inline() && column == kSequenceColumn) {
    column = kPositionColumn;
    return SequenceExpression(context, *file.fragment, reader, position);
  }
  return duckdb::make_uniq<duckdb::BoundReferenceExpression>(type, position);
}

uint64_t IcefallMultiFileReader::ReplicaCount(const duckdb::MultiFileGlobalState& state) {
  return state.multi_file_reader_state->Cast<ScanState>().replica_count;
}

uint64_t IcefallMultiFileReader::CodeCount(const duckdb::MultiFileGlobalState& state) {
  return state.multi_file_reader_state->Cast<ScanState>().code_count;
}

duckdb::unique_ptr<duckdb::MultiFileReader> IcefallMultiFileReader::Copy() const {
  return duckdb::make_uniq<IcefallMultiFileReader>(target_);
}

}  // namespace icefall
