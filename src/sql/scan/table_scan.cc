#include "sql/scan/table_scan.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/parallel/pipeline.hpp"
#include <fmt/format.h>

#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction.h"
#include "sql/parquet_scan.h"
#include "sql/replica/plain_replica_scan.h"
#include "sql/scan/column_bounds.h"
#include "sql/scan/fragment_list.h"
#include "sql/scan/fragment_statistics.h"
#include "sql/scan/icefall_multi_file_reader.h"
#include "sql/scan/inline_statistics.h"
#include "sql/scan/merged_statistics.h"
#include "sql/scan/one_value_files.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

using duckdb::MultiFileBindData;

constexpr auto kScanName = "icefall_scan";

const FragmentList& ListOf(const duckdb::FunctionData& bind_data) {
  return bind_data.Cast<MultiFileBindData>().file_list->Cast<FragmentList>();
}

using StatisticsPointer = duckdb::unique_ptr<duckdb::BaseStatistics>;

// Of the data files.
StatisticsPointer FileStatistics(duckdb::ClientContext& context, const FragmentList& list,
                                 const Field& field, const duckdb::LogicalType& type) {
  // What is so for all files is so for many of them.
  const auto& snapshot = list.target()->snapshot();
  if (list.is_all() || list.fragment_count() == snapshot.fragments.size() ||
      list.files().size() >= ColumnBoundsCache::kFragmentsMin) {
    return list.target()->catalog.merged_statistics().Get(context, snapshot, field, type);
  }
  StatisticsPointer merged;
  for (const auto& fragment : list.fragments()) {
    auto stats = FragmentStatistics(context, snapshot, *fragment, field, type);
    if (!stats) return nullptr;
    if (merged) {
      merged->Merge(*stats);
    } else {
      merged = std::move(stats);
    }
  }
  return merged;
}

StatisticsPointer MergeStatistics(duckdb::ClientContext& context, const FragmentList& list,
                                  duckdb::column_t column) {
  const auto& entry = *list.target()->entry;
  const auto& fields = entry.table_schema().fields;
  if (column >= fields.size() || fields[column].generated_as) return nullptr;
  const auto& type = entry.GetColumn(duckdb::LogicalIndex(column)).Type();
  if (!list.has_inline_rows()) return FileStatistics(context, list, fields[column], type);
  // Those that an index has found are few.
  const auto is_looked_up = [](const ScanFile& file) { return file.index_rows != nullptr; };
  if (!list.is_all() && std::ranges::any_of(list.files(), is_looked_up)) return nullptr;
  const auto& snapshot = list.target()->snapshot();
  auto& blocks = list.target()->catalog.inline_blocks();
  auto merged = InlineStatistics(context, snapshot, blocks, fields[column], type);
  const auto count = list.is_all() ? snapshot.fragments.size() : list.fragment_count();
  if (!merged || count == 0) return merged;
  const auto of_files = FileStatistics(context, list, fields[column], type);
  if (!of_files) return nullptr;
  merged->Merge(*of_files);
  return merged;
}

duckdb::unique_ptr<duckdb::BaseStatistics> ScanStatistics(duckdb::ClientContext& context,
                                                          const duckdb::FunctionData* bind_data,
                                                          duckdb::column_t column) {
  return MergeStatistics(context, ListOf(*bind_data), column);
}

duckdb::unique_ptr<duckdb::BaseStatistics> ScanStatisticsExtended(
    duckdb::ClientContext& context, duckdb::TableFunctionGetStatisticsInput& input) {
  if (input.column_index.IsVirtualColumn() || input.column_index.HasChildren()) return nullptr;
  return MergeStatistics(context, ListOf(*input.bind_data), input.column_index.GetPrimaryIndex());
}

duckdb::unique_ptr<duckdb::BaseStatistics> ScanStatisticsOfOthers(
    duckdb::ClientContext& context, duckdb::TableFunctionGetStatisticsInput& input) {
  const auto& list = ListOf(*input.bind_data);
  if (HaveOneValue(context, list, {input.column_index.GetPrimaryIndex()})) return nullptr;
  return ScanStatisticsExtended(context, input);
}

duckdb::vector<duckdb::PartitionStatistics> ScanPartitions(duckdb::ClientContext& context,
                                                           duckdb::GetPartitionStatsInput& input) {
  const auto& list = ListOf(*input.bind_data);
  // DuckDB makes statistics of each of them for each filter; COUNT, MIN and MAX are answered by
  // metadata_aggregate, too, which compares bounds.
  constexpr size_t kPartitionsMax = 256;
  if (list.fragment_count() > kPartitionsMax) return {};
  const auto& snapshot = list.target()->entry->snapshot();
  const auto inline_rows = list.has_inline_rows() ? snapshot->inline_rows.live_count() : 0;
  return PartitionStatisticsOf(context, snapshot, list.fragments(), inline_rows);
}

duckdb::BindInfo ScanBindInfo(const duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  return duckdb::BindInfo(*ListOf(*bind_data).target()->entry);
}

duckdb::virtual_column_map_t ScanVirtualColumns(duckdb::ClientContext&,
                                                duckdb::optional_ptr<duckdb::FunctionData>) {
  return VirtualColumns();
}

// Two columns suffice to find a row again; reading the third would cost a sum per row.
duckdb::vector<duckdb::column_t> ScanRowIdColumns(duckdb::ClientContext&,
                                                  duckdb::optional_ptr<duckdb::FunctionData>) {
  return {kFragmentColumn, kPositionColumn};
}

void SetScanOrder(duckdb::unique_ptr<duckdb::RowGroupOrderOptions> order,
                  duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  auto& data = bind_data->Cast<MultiFileBindData>();
  data.file_list = data.file_list->Cast<FragmentList>().Ordered(*order);
}

duckdb::InsertionOrderPreservingMap<duckdb::string> ScanToString(
    duckdb::TableFunctionToStringInput& input) {
  duckdb::InsertionOrderPreservingMap<duckdb::string> result;
  if (!input.bind_data) return result;
  const auto& entry = *ListOf(*input.bind_data).target()->entry;
  result["Table"] = entry.name;
  result["Snapshot"] = std::to_string(entry.snapshot()->sequence.value);
  if (const auto& key = ListOf(*input.bind_data).index_key()) result["Index"] = key->name;
  return result;
}

duckdb::InsertionOrderPreservingMap<duckdb::string> ScanDynamicToString(
    duckdb::TableFunctionDynamicToStringInput& input) {
  duckdb::InsertionOrderPreservingMap<duckdb::string> result;
  if (!input.global_state) return result;
  const auto& state = input.global_state->Cast<duckdb::MultiFileGlobalState>();
  const auto& list = state.file_list.Cast<FragmentList>();
  size_t skipped = 0;
  for (const auto& reader : state.readers) {
    skipped += reader->file_state == duckdb::MultiFileFileState::SKIPPED ? 1 : 0;
  }
  const auto opened = std::min(state.readers.size(), list.fragment_count());
  if (const auto& key = list.index_key()) result["Index"] = key->name;
  result["Files"] = fmt::format("{}/{}", opened - std::min(opened, skipped), list.total_count());
  if (const auto replicas = IcefallMultiFileReader::ReplicaCount(state)) {
    result["Replicas"] = std::to_string(replicas);
  }
  if (const auto codes = IcefallMultiFileReader::CodeCount(state)) {
    result["By dictionary"] = std::to_string(codes);
  }
  auto& target = *list.target();
  if (const auto sent = IcefallTransaction::Get(*target.context, target.catalog).Requests()) {
    result["Requests"] =
        fmt::format("{} reads, {} lists, {} writes", sent->reads, sent->lists, sent->writes);
  }
  return result;
}

void SerializeScan(duckdb::Serializer& serializer,
                   const duckdb::optional_ptr<duckdb::FunctionData> bind_data,
                   const duckdb::TableFunction&) {
  auto& entry = *ListOf(*bind_data).target()->entry;
  serializer.WriteProperty(100, "catalog", entry.ParentCatalog().GetName());
  serializer.WriteProperty(101, "uuid", entry.uuid());
  serializer.WriteProperty(102, "sequence", entry.snapshot()->sequence.value);
  const auto& list = ListOf(*bind_data);
  serializer.WriteProperty(103, "is_all", list.is_all());
  if (list.is_all()) return;
  duckdb::vector<uint64_t> files;
  for (const uint64_t number : list.FileNumbers()) files.push_back(number);
  serializer.WriteProperty(104, "files", files);
}

duckdb::unique_ptr<duckdb::FunctionData> DeserializeScan(duckdb::Deserializer& deserializer,
                                                         duckdb::TableFunction& function) {
  auto& context = deserializer.Get<duckdb::ClientContext&>();
  const auto catalog_name = deserializer.ReadProperty<duckdb::string>(100, "catalog");
  const auto uuid = deserializer.ReadProperty<duckdb::string>(101, "uuid");
  const auto sequence = deserializer.ReadProperty<uint64_t>(102, "sequence");
  const auto is_all = deserializer.ReadProperty<bool>(103, "is_all");
  duckdb::vector<uint64_t> files;
  if (!is_all) files = deserializer.ReadProperty<duckdb::vector<uint64_t>>(104, "files");
  auto& catalog = duckdb::Catalog::GetCatalog(context, catalog_name);
  auto& transaction = IcefallTransaction::Get(context, catalog);
  const auto object = transaction.Names()->FindTableByUuid(uuid);
  if (!object) {
    throw duckdb::CatalogException(fmt::format("table {} of a stored plan is gone", uuid));
  }
  auto snapshot = transaction.Table(uuid);
  if (snapshot->sequence.value != sequence) {
    snapshot = Unwrap(transaction.engine().TableAt(uuid, Sequence(sequence)));
  }
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  auto& entry = transaction.TableEntry(object, snapshot);
  function = BindTableScan(context, entry.shared_from_this(), bind_data);
  if (is_all) return bind_data;
  bind_data->Cast<MultiFileBindData>().file_list =
      ListOf(*bind_data).Only(std::vector<uint64_t>(files.begin(), files.end()));
  return bind_data;
}

// Of the columns that the scan asks for, which may be few of many, and only what DuckDB looks up;
// what is bound has none.
void DescribeColumns(const duckdb::TableFunctionInitInput& input, MultiFileBindData& bind_data) {
  const auto& columns = bind_data.file_list->Cast<FragmentList>().target()->entry->GetColumns();
  auto& types = bind_data.types;
  for (const auto column : input.column_ids) {
    if (duckdb::IsVirtualColumn(column)) {
      if (bind_data.virtual_columns.empty()) bind_data.virtual_columns = VirtualColumns();
    } else if (input.CanRemoveFilterColumns()) {
      if (types.size() <= column) types.resize(column + 1);
      types[column] = columns.GetColumn(duckdb::LogicalIndex(column)).Type();
    }
  }
}

// DuckDB would have every thread look for work, also where one has it done before the next is
// awake.
uint64_t ThreadCountMax(duckdb::ClientContext& context, const duckdb::MultiFileGlobalState& state) {
  const auto count_max =
      std::min<uint64_t>(state.max_threads, state.file_list.Cast<FragmentList>().ThreadCountMax());
  const auto* replica = count_max > 1 ? PlainReplicaScan::OnlyReader(state) : nullptr;
  if (replica == nullptr) return count_max;
  return std::max<uint64_t>(replica->CountTasks(context, count_max), 1);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> InitScan(
    duckdb::ClientContext& context, duckdb::TableFunctionInitInput& input) {
  auto& bind_data = input.bind_data->CastNoConst<MultiFileBindData>();
  DescribeColumns(input, bind_data);
  bind_data.multi_file_reader->Cast<IcefallMultiFileReader>().OpenFirstInto(
      bind_data.initial_reader);
  auto state = ListOf(*input.bind_data).target()->files.init_global(context, input);
  auto& files = state->Cast<duckdb::MultiFileGlobalState>();
  files.max_threads = ThreadCountMax(context, files);
  return state;
}

// One thread of a scan.
struct ScanThread : public duckdb::LocalTableFunctionState {
  ScanThread(duckdb::unique_ptr<duckdb::LocalTableFunctionState> state, bool in_order)
      : files(std::move(state)), replica(in_order) {}

  void Follow(const duckdb::GlobalTableFunctionState& scan) {
    replica.Follow(scan.Cast<duckdb::MultiFileGlobalState>(),
                   files->Cast<duckdb::MultiFileLocalState>());
  }

  duckdb::unique_ptr<duckdb::LocalTableFunctionState> files;  // of DuckDB's scan
  PlainReplicaScan replica;
};

// Whether somebody asks for the places of the rows in the scan.
bool IsInOrder(duckdb::ExecutionContext& execution) {
  if (!execution.pipeline) return true;
  const auto sink = execution.pipeline->GetSink();
  return sink && sink->RequiredPartitionInfo().AnyRequired();
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> InitThread(
    duckdb::ExecutionContext& execution, duckdb::TableFunctionInitInput& input,
    duckdb::GlobalTableFunctionState* scan) {
  auto files = ListOf(*input.bind_data).target()->files.init_local(execution, input, scan);
  if (!files) return nullptr;
  auto thread = duckdb::make_uniq<ScanThread>(std::move(files), IsInOrder(execution));
  thread->Follow(*scan);
  return thread;
}

// DuckDB's scan goes through all that a plain replica has left when it is to answer rows before it
// returns, so it never is: whoever wants that is served by a loop here.
void ScanFiles(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
               ScanThread& thread, duckdb::DataChunk& rows) {
  const auto& target = *ListOf(*input.bind_data).target();
  const bool waits = input.results_execution_mode == duckdb::AsyncResultsExecutionMode::SYNCHRONOUS;
  do {
    duckdb::TableFunctionInput files(input.bind_data, thread.files.get(), input.global_state);
    files.async_result = duckdb::AsyncResultType::IMPLICIT;
    files.results_execution_mode = duckdb::AsyncResultsExecutionMode::TASK_EXECUTOR;
    target.files.function(context, files, rows);
    thread.Follow(*input.global_state);
    auto& result = files.async_result;
    if (waits && result.GetResultType() == duckdb::AsyncResultType::BLOCKED) {
      result.ExecuteTasksSynchronously();
    }
    if (!waits || rows.size() > 0 || result.GetResultType() == duckdb::AsyncResultType::FINISHED) {
      input.async_result = std::move(result);
      return;
    }
  } while (!thread.replica.Next(context, rows));
}

void ScanRows(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
              duckdb::DataChunk& rows) {
  if (!input.local_state) {
    input.async_result = duckdb::SourceResultType::FINISHED;
    return;
  }
  auto& thread = input.local_state->Cast<ScanThread>();
  if (!thread.replica.Next(context, rows)) ScanFiles(context, input, thread, rows);
}

duckdb::OperatorPartitionData ScanPlace(duckdb::ClientContext& context,
                                        duckdb::TableFunctionGetPartitionInput& input) {
  auto& thread = *input.local_state->Cast<ScanThread>().files;
  // DuckDB knows the values of partitions only by the names of their files.
  const auto batch = duckdb::OperatorPartitionInfo::BatchIndex();
  duckdb::TableFunctionGetPartitionInput files(input.bind_data, &thread, input.global_state, batch);
  auto place = ListOf(*input.bind_data).target()->files.get_partition_data(context, files);
  const auto& reader = *thread.Cast<duckdb::MultiFileLocalState>().reader;
  const auto& columns = input.global_state->Cast<duckdb::MultiFileGlobalState>().column_indexes;
  for (const auto position : input.partition_info.partition_columns) {
    place.partition_data.emplace_back(OnlyValueOf(context, FragmentList::FileOf(reader.file),
                                                  columns[position].GetPrimaryIndex()));
  }
  return place;
}

duckdb::TablePartitionInfo ScanPartitioning(duckdb::ClientContext& context,
                                            duckdb::TableFunctionPartitionInput& input) {
  const auto& list = ListOf(*input.bind_data);
  return HaveOneValue(context, list, input.partition_ids)
             ? duckdb::TablePartitionInfo::SINGLE_VALUE_PARTITIONS
             : duckdb::TablePartitionInfo::NOT_PARTITIONED;
}

void ScanMetrics(duckdb::ClientContext& context, const duckdb::FunctionData* bind_data,
                 duckdb::GlobalTableFunctionState& scan, duckdb::LocalTableFunctionState& thread,
                 const duckdb::profiler_settings_t& requested,
                 duckdb::profiler_metrics_t& metrics) {
  ListOf(*bind_data)
      .target()
      ->files.get_metrics(context, bind_data, scan, *thread.Cast<ScanThread>().files, requested,
                          metrics);
}

duckdb::TableFunction MakeScanFunction(duckdb::ClientContext& context) {
  auto function = ParquetScanFunction(context);
  function.name = kScanName;
  // Nobody calls it with parameters, but every plan has copies of it.
  function.named_parameters.clear();
  function.get_multi_file_reader = IcefallMultiFileReader::Create;
  function.statistics = ScanStatistics;
  function.statistics_extended = ScanStatisticsExtended;
  function.get_bind_info = ScanBindInfo;
  function.get_virtual_columns = ScanVirtualColumns;
  function.get_row_id_columns = ScanRowIdColumns;
  function.get_partition_stats = ScanPartitions;
  function.get_partition_info = ScanPartitioning;
  function.set_scan_order = SetScanOrder;
  function.to_string = ScanToString;
  function.dynamic_to_string = ScanDynamicToString;
  function.serialize = SerializeScan;
  function.deserialize = DeserializeScan;
  return function;
}

// Made once: DuckDB's own is the same in all databases of a process.
const duckdb::TableFunction& ScanFunction(duckdb::ClientContext& context) {
  static const duckdb::TableFunction function = MakeScanFunction(context);
  return function;
}

duckdb::unique_ptr<duckdb::FunctionData> RefuseCall(duckdb::ClientContext&,
                                                    duckdb::TableFunctionBindInput&,
                                                    duckdb::vector<duckdb::LogicalType>&,
                                                    duckdb::vector<duckdb::string>&) {
  throw duckdb::BinderException("icefall_scan cannot be called; name the table instead");
}

}  // namespace

duckdb::TableFunction BindTableScan(duckdb::ClientContext& context, TableEntryPointer entry,
                                    duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  auto& catalog = entry->ParentCatalog().Cast<IcefallCatalog>();
  auto function = ScanFunction(context);
  auto target = duckdb::make_shared_ptr<ScanTarget>(context, catalog, entry);
  target->path_prefix =
      Unwrap(catalog.table_folders().PathPrefix(catalog.database(), entry->object()->directory));
  target->files.init_global = std::exchange(function.init_global, InitScan);
  target->files.init_local = std::exchange(function.init_local, InitThread);
  target->files.function = std::exchange(function.function, ScanRows);
  target->files.get_partition_data = std::exchange(function.get_partition_data, ScanPlace);
  target->files.get_metrics = std::exchange(function.get_metrics, ScanMetrics);
  function.function_info = std::move(target);

  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::string> names;
  bind_data = BindParquetScan(context, function, types, names);
  return function;
}

void WithholdPartitionStatistics(duckdb::LogicalGet& scan) {
  scan.function.statistics = nullptr;
  scan.function.statistics_extended = ScanStatisticsOfOthers;
}

duckdb::TableFunction StoredScanFunction() {
  duckdb::TableFunction function(kScanName, {duckdb::LogicalType::VARCHAR}, nullptr, RefuseCall);
  function.serialize = SerializeScan;
  function.deserialize = DeserializeScan;
  return function;
}

duckdb::unique_ptr<duckdb::BaseStatistics> TableStatistics(duckdb::ClientContext& context,
                                                           IcefallTableEntry& entry,
                                                           duckdb::column_t column) {
  auto& catalog = entry.ParentCatalog().Cast<IcefallCatalog>();
  const FragmentList list(
      duckdb::make_shared_ptr<ScanTarget>(context, catalog, entry.shared_from_this()));
  return MergeStatistics(context, list, column);
}

}  // namespace icefall
