#include "sql/icedb/rows_scan.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include <fmt/format.h>

#include "sql/parquet_scan.h"
#include "sql/store/store_file_system.h"

namespace icefall {
namespace {

using duckdb::Expression;
using duckdb::Value;

constexpr auto kFileColumn = duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX;
constexpr auto kRowColumn = duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER;
// Rows are not counted before files are opened; a guess is enough to order joins.
constexpr uint64_t kRowSizeGuess = 32;
constexpr size_t kReadTogether = 32;

Value KeyValue(const IcedbView& view, size_t file, duckdb::column_t column) {
  const auto& key = view.files[file].keys[column - view.stored_count];
  return key ? Value(*key) : Value(duckdb::LogicalType::VARCHAR);
}

// Files of a view by their numbers in it.
class FileList : public duckdb::SimpleMultiFileList {
 public:
  FileList(IcedbScanTargetPointer target, std::vector<size_t> numbers)
      : SimpleMultiFileList(Paths(*target, numbers)),
        target_(std::move(target)),
        numbers_(std::move(numbers)) {}

  static duckdb::shared_ptr<FileList> All(const IcedbScanTargetPointer& target) {
    std::vector<size_t> numbers(target->view->files.size());
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    return duckdb::make_shared_ptr<FileList>(target, std::move(numbers));
  }

  // Leaves files out whose keys make a filter untrue. Filters stay in the plan.
  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions&,
      duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<Expression>>& filters) const override {
    std::vector<const Expression*> usable;
    for (const auto& filter : filters) {
      if (ReadsKeysOnly(*filter, info)) usable.push_back(filter.get());
    }
    if (usable.empty()) return nullptr;
    std::vector<size_t> kept;
    for (const size_t number : numbers_) {
      if (std::ranges::all_of(usable, [&](const Expression* filter) {
            return CanBeTrue(context, *filter, info, number);
          })) {
        kept.push_back(number);
      }
    }
    info.extra_info.total_files = target_->view->files.size();
    info.extra_info.filtered_files = kept.size();
    for (const Expression* filter : usable) info.extra_info.file_filters += filter->ToString();
    if (kept.size() == numbers_.size()) return nullptr;
    return duckdb::make_uniq<FileList>(target_, std::move(kept));
  }

  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(duckdb::ClientContext&) const override {
    uint64_t size_bytes = 0;
    for (const size_t number : numbers_)
      size_bytes += target_->view->files[number].marker.size_bytes;
    return duckdb::make_uniq<duckdb::NodeStatistics>(size_bytes / kRowSizeGuess);
  }

  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override {
    return duckdb::make_uniq<FileList>(target_, numbers_);
  }

  static size_t NumberOf(const duckdb::OpenFileInfo& file) {
    return file.extended_info->options.at("number").GetValue<uint64_t>();
  }

 private:
  static duckdb::vector<duckdb::OpenFileInfo> Paths(const IcedbScanTarget& target,
                                                    const std::vector<size_t>& numbers) {
    duckdb::vector<duckdb::OpenFileInfo> paths;
    for (const size_t number : numbers) {
      paths.emplace_back(target.open->PathOf(target.view->files[number].marker.path));
      auto info = duckdb::make_shared_ptr<duckdb::ExtendedOpenFileInfo>();
      info->options["number"] = Value::UBIGINT(number);
      // Data files never change, so that nothing need be asked of the store to trust a cached one.
      info->options["validate_external_file_cache"] = Value::BOOLEAN(false);
      info->options["etag"] = Value("");
      info->options["last_modified"] = Value::TIMESTAMP(duckdb::timestamp_t(0));
      paths.back().extended_info = std::move(info);
    }
    if (target.open->is_remote()) NameNeighbours(target, numbers, paths);
    return paths;
  }

  // Of each small file the ones that are read along with it, for the first of so many.
  static void NameNeighbours(const IcedbScanTarget& target, const std::vector<size_t>& numbers,
                             duckdb::vector<duckdb::OpenFileInfo>& paths) {
    std::vector<size_t> small;
    for (size_t i = 0; i < numbers.size(); ++i) {
      const uint64_t size_bytes = target.view->files[numbers[i]].marker.size_bytes;
      if (size_bytes <= SmallFiles::kFileSizeMax) small.push_back(i);
    }
    for (size_t i = 0; i < small.size(); ++i) {
      duckdb::vector<Value> neighbours;
      if (i % kReadTogether == 0) {
        for (size_t j = i + 1; j < std::min(i + kReadTogether, small.size()); ++j) {
          neighbours.emplace_back(paths[small[j]].path);
        }
      }
      paths[small[i]].extended_info->options[kSmallFileNeighbours] =
          Value::LIST(duckdb::LogicalType::VARCHAR, std::move(neighbours));
    }
  }

  // The key column that the reference means.
  std::optional<duckdb::column_t> KeyColumn(const duckdb::BoundColumnRefExpression& reference,
                                            const duckdb::MultiFilePushdownInfo& info) const {
    if (reference.binding.table_index != info.table_index) return std::nullopt;
    const auto column = info.column_ids[reference.binding.column_index];
    if (duckdb::IsVirtualColumn(column) || column < target_->view->stored_count) {
      return std::nullopt;
    }
    return column;
  }

  bool ReadsKeysOnly(const Expression& filter, const duckdb::MultiFilePushdownInfo& info) const {
    if (filter.IsVolatile()) return false;
    bool reads_key = false;
    bool reads_other = false;
    duckdb::ExpressionIterator::VisitExpression<duckdb::BoundColumnRefExpression>(
        filter, [&](const duckdb::BoundColumnRefExpression& reference) {
          (KeyColumn(reference, info) ? reads_key : reads_other) = true;
        });
    return reads_key && !reads_other;
  }

  void PutKeys(duckdb::unique_ptr<Expression>& expression, size_t number,
               const duckdb::MultiFilePushdownInfo& info) const {
    if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
      const auto column = KeyColumn(expression->Cast<duckdb::BoundColumnRefExpression>(), info);
      expression = duckdb::make_uniq<duckdb::BoundConstantExpression>(
          KeyValue(*target_->view, number, *column));
      return;
    }
    duckdb::ExpressionIterator::EnumerateChildren(
        *expression, [&](duckdb::unique_ptr<Expression>& child) { PutKeys(child, number, info); });
  }

  bool CanBeTrue(duckdb::ClientContext& context, const Expression& filter,
                 const duckdb::MultiFilePushdownInfo& info, size_t number) const {
    auto known = filter.Copy();
    PutKeys(known, number, info);
    Value result;
    if (!known->IsFoldable() ||
        !duckdb::ExpressionExecutor::TryEvaluateScalar(context, *known, result)) {
      return true;
    }
    return !result.IsNull() && duckdb::BooleanValue::Get(result);
  }

  const IcedbScanTargetPointer target_;
  const std::vector<size_t> numbers_;
};

class Reader : public duckdb::MultiFileReader {
 public:
  explicit Reader(IcedbScanTargetPointer target) : target_(std::move(target)) {
    function_name = "icedb_scan";
  }

  static duckdb::unique_ptr<MultiFileReader> Create(const duckdb::TableFunction& function) {
    return duckdb::make_uniq<Reader>(
        duckdb::shared_ptr_cast<duckdb::TableFunctionInfo, IcedbScanTarget>(
            function.function_info));
  }

  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(duckdb::ClientContext&,
                                                           const duckdb::vector<duckdb::string>&,
                                                           const duckdb::FileGlobInput&) override {
    return FileList::All(target_);
  }

  bool Bind(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
            duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<duckdb::string>& names,
            duckdb::MultiFileReaderBindData& bind_data) override {
    types = target_->view->types;
    names = target_->view->names;
    bind_data.schema = duckdb::MultiFileColumnDefinition::ColumnsFromNamesAndTypes(names, types);
    // A file that lacks a column has no values for it.
    for (auto& column : bind_data.schema) {
      column.default_expression = duckdb::make_uniq<duckdb::ConstantExpression>(Value(column.type));
    }
    bind_data.mapping = duckdb::MultiFileColumnMappingMode::BY_NAME;
    return true;
  }

  void BindOptions(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
                   duckdb::vector<duckdb::LogicalType>&, duckdb::vector<duckdb::string>&,
                   duckdb::MultiFileReaderBindData&) override {}

  void FinalizeBind(duckdb::MultiFileReaderData& reader_data,
                    const duckdb::MultiFileOptions& file_options,
                    const duckdb::MultiFileReaderBindData& options,
                    const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                    duckdb::ClientContext& context,
                    duckdb::optional_ptr<duckdb::MultiFileReaderGlobalState> state) override {
    const size_t number = FileList::NumberOf(reader_data.reader->file);
    // The number in the view, which stays when files are left out.
    reader_data.reader->file_list_idx = number;
    MultiFileReader::FinalizeBind(reader_data, file_options, options, columns, column_ids, context,
                                  state);
    for (size_t i = 0; i < column_ids.size(); ++i) {
      const auto column = column_ids[i].GetPrimaryIndex();
      if (duckdb::IsVirtualColumn(column) || column < target_->view->stored_count) continue;
      reader_data.constant_map.Add(duckdb::MultiFileGlobalIndex(i),
                                   KeyValue(*target_->view, number, column));
    }
  }

  duckdb::unique_ptr<MultiFileReader> Copy() const override {
    return duckdb::make_uniq<Reader>(target_);
  }

  IcedbScanTarget& target() const { return *target_; }

 private:
  const IcedbScanTargetPointer target_;
};

duckdb::BindInfo ScanBindInfo(const duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  const auto& data = bind_data->Cast<duckdb::MultiFileBindData>();
  auto& target = data.multi_file_reader->Cast<Reader>().target();
  if (target.entry) return duckdb::BindInfo(*target.entry);
  return duckdb::BindInfo(duckdb::ScanType::EXTERNAL);
}

duckdb::InsertionOrderPreservingMap<duckdb::string> ScanDynamicToString(
    duckdb::TableFunctionDynamicToStringInput& input) {
  duckdb::InsertionOrderPreservingMap<duckdb::string> result;
  if (!input.global_state || !input.bind_data) return result;
  auto& target =
      input.bind_data->Cast<duckdb::MultiFileBindData>().multi_file_reader->Cast<Reader>().target();
  const auto& state = input.global_state->Cast<duckdb::MultiFileGlobalState>();
  result["Files"] = fmt::format("{}/{}", state.readers.size(), target.view->files.size());
  const auto now = target.open->requests();
  if (now && target.requests_before) {
    const auto sent = *now - *target.requests_before;
    result["Requests"] =
        fmt::format("{} reads, {} lists, {} writes", sent.reads, sent.lists, sent.writes);
  }
  return result;
}

duckdb::virtual_column_map_t ScanVirtualColumns(
    duckdb::ClientContext&, duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  auto columns = IcedbVirtualColumns();
  bind_data->Cast<duckdb::MultiFileBindData>().virtual_columns = columns;
  return columns;
}

duckdb::vector<duckdb::column_t> ScanRowIdColumns(duckdb::ClientContext&,
                                                  duckdb::optional_ptr<duckdb::FunctionData>) {
  return IcedbRowIdColumns();
}

duckdb::TableFunction ScanFunction(duckdb::ClientContext& context) {
  auto function = ParquetScanFunction(context);
  function.name = "icedb_scan";
  function.get_multi_file_reader = Reader::Create;
  function.get_bind_info = ScanBindInfo;
  function.dynamic_to_string = ScanDynamicToString;
  function.get_virtual_columns = ScanVirtualColumns;
  function.get_row_id_columns = ScanRowIdColumns;
  // What they know is that of files whose types may differ from the table's.
  function.statistics = nullptr;
  function.statistics_extended = nullptr;
  function.get_partition_stats = nullptr;
  function.serialize = nullptr;
  function.deserialize = nullptr;
  return function;
}

}  // namespace

duckdb::vector<duckdb::column_t> IcedbRowIdColumns() { return {kFileColumn, kRowColumn}; }

duckdb::virtual_column_map_t IcedbVirtualColumns() {
  duckdb::virtual_column_map_t columns;
  columns.insert({duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILENAME,
                  duckdb::TableColumn("filename", duckdb::LogicalType::VARCHAR)});
  columns.insert({kRowColumn, duckdb::TableColumn("file_row_number", duckdb::LogicalType::BIGINT)});
  columns.insert({kFileColumn, duckdb::TableColumn("file_index", duckdb::LogicalType::UBIGINT)});
  columns.insert(
      {duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)});
  return columns;
}

duckdb::TableFunction BindIcedbScan(duckdb::ClientContext& context, IcedbScanTargetPointer target,
                                    duckdb::unique_ptr<duckdb::FunctionData>& bind_data,
                                    duckdb::vector<duckdb::LogicalType>& types,
                                    duckdb::vector<duckdb::string>& names) {
  auto function = ScanFunction(context);
  function.function_info = std::move(target);
  bind_data = BindParquetScan(context, function, types, names);
  bind_data->Cast<duckdb::MultiFileBindData>().virtual_columns = IcedbVirtualColumns();
  return function;
}

}  // namespace icefall
