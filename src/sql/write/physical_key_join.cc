#include "sql/write/physical_key_join.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"

#include "sql/icefall_catalog.h"
#include "sql/scan/row_fetch.h"
#include "sql/scan/row_scanner.h"

namespace icefall {
namespace {

using duckdb::DataChunk;

struct JoinState : public duckdb::OperatorState {
  explicit JoinState(duckdb::ClientContext& context) : values(context) {}
  duckdb::ExpressionExecutor values;
};

// The distinct keys of the source, and the rows that have them.
class SourceKeys {
 public:
  explicit SourceKeys(DataChunk& values) : values_(values), next_(values.size(), kNone) {
    std::vector<bool> has_null(values.size());
    for (auto& column : values.data) {
      duckdb::UnifiedVectorFormat format;
      column.ToUnifiedFormat(values.size(), format);
      for (size_t row = 0; row < values.size(); ++row) {
        if (!format.validity.RowIsValid(format.sel->get_index(row))) has_null[row] = true;
      }
    }
    auto keys = MakeKeys(values);
    const auto* bytes = duckdb::FlatVector::GetData<duckdb::string_t>(keys);
    for (size_t row = 0; row < values.size(); ++row) {
      if (has_null[row]) continue;  // equals nothing
      const auto [place, is_new] = first_.emplace(bytes[row].GetString(), row);
      if (is_new) {
        distinct_.push_back(row);
      } else {
        next_[row] = std::exchange(place->second, row);
      }
    }
  }

  // One row of each.
  const std::vector<size_t>& distinct() const { return distinct_; }
  duckdb::Value Value(size_t column, size_t row) const { return values_.GetValue(column, row); }

  template <typename Visit>
  void ForEachRowOf(const std::string& key, const Visit& visit) const {
    const auto found = first_.find(key);
    if (found == first_.end()) return;
    for (size_t row = found->second; row != kNone; row = next_[row]) visit(row);
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;

  DataChunk& values_;
  std::unordered_map<std::string, size_t> first_;  // a row of the key
  std::vector<size_t> next_;                       // another one of the same key
  std::vector<size_t> distinct_;
};

// The rows of the table that the source names, and who named them.
class Matches {
 public:
  Matches(duckdb::ClientContext& context, const PhysicalKeyJoin::Settings& settings,
          const SourceKeys& source, size_t source_count)
      : context_(context), settings_(settings), source_(source), row_of_(source_count) {
    rows_.Initialize(context, settings.column_types, source_count + 1);
  }

  void Find() {
    const auto& distinct = source_.distinct();
    if (distinct.empty()) return;
    if (settings_.key.columns.size() > 1) {
      for (const size_t row : distinct) Read(FilterOf({row}));
    } else {
      Read(FilterOf(distinct));
    }
  }

  // Behind those found: NULLs.
  DataChunk& FinishRows() {
    for (auto& column : rows_.data) duckdb::FlatVector::SetNull(column, rows_.size(), true);
    return rows_;
  }
  size_t RowOf(size_t source_row) const { return row_of_[source_row].value_or(rows_.size()); }
  bool IsMatched(size_t source_row) const { return row_of_[source_row].has_value(); }

 private:
  duckdb::unique_ptr<duckdb::TableFilterSet> FilterOf(const std::vector<size_t>& rows) const {
    auto filters = duckdb::make_uniq<duckdb::TableFilterSet>();
    for (size_t column = 0; column < settings_.key.columns.size(); ++column) {
      auto& filter = filters->filters[column];
      if (rows.size() == 1) {
        filter = duckdb::make_uniq<duckdb::ConstantFilter>(duckdb::ExpressionType::COMPARE_EQUAL,
                                                           source_.Value(column, rows.front()));
        continue;
      }
      duckdb::vector<duckdb::Value> values;
      for (const size_t row : rows) values.push_back(source_.Value(column, row));
      // Scans need not check it row by row: Take does.
      filter = duckdb::make_uniq<duckdb::OptionalFilter>(
          duckdb::make_uniq<duckdb::InFilter>(std::move(values)));
    }
    return filters;
  }

  void Read(duckdb::unique_ptr<duckdb::TableFilterSet> filters) {
    if (Fetch(*filters)) return;
    RowScanner scanner(context_, settings_.table, settings_.columns, std::move(filters));
    DataChunk found;
    found.Initialize(context_, scanner.types());
    while (scanner.Next(found)) Take(found);
  }

  // What a scan costs before it reads its first row is more than a lookup. False when that leaves
  // something to read.
  bool Fetch(duckdb::TableFilterSet& filters) {
    auto& catalog = settings_.table->ParentCatalog().Cast<IcefallCatalog>();
    const FragmentList all(duckdb::make_shared_ptr<ScanTarget>(context_, catalog, settings_.table));
    DataChunk found;
    if (!FetchRows(context_, all, settings_.columns, settings_.column_types, filters, found)) {
      return false;
    }
    Take(found);
    return true;
  }

  void Take(DataChunk& found) {
    DataChunk columns;
    columns.InitializeEmpty(settings_.key.types);
    for (size_t c = 0; c < columns.ColumnCount(); ++c) columns.data[c].Reference(found.data[c]);
    columns.SetCardinality(found.size());
    auto keys = MakeKeys(columns);
    const auto* bytes = duckdb::FlatVector::GetData<duckdb::string_t>(keys);
    for (size_t row = 0; row < found.size(); ++row) {
      bool is_wanted = false;
      source_.ForEachRowOf(bytes[row].GetString(), [&](size_t source_row) {
        if (row_of_[source_row]) {
          throw duckdb::IOException("table \"%s\": two rows have the same key '%s'",
                                    settings_.table->name, settings_.key.name);
        }
        row_of_[source_row] = rows_.size();
        is_wanted = true;
      });
      if (!is_wanted) continue;
      for (size_t c = 0; c < rows_.ColumnCount(); ++c) {
        duckdb::VectorOperations::Copy(found.data[c], rows_.data[c], row + 1, row, rows_.size());
      }
      rows_.SetCardinality(rows_.size() + 1);
    }
  }

  duckdb::ClientContext& context_;
  const PhysicalKeyJoin::Settings& settings_;
  const SourceKeys& source_;
  DataChunk rows_;
  std::vector<std::optional<size_t>> row_of_;  // in rows_, by row of the source
};

}  // namespace

PhysicalKeyJoin::PhysicalKeyJoin(duckdb::PhysicalPlan& plan,
                                 duckdb::vector<duckdb::LogicalType> output_types,
                                 Settings settings, duckdb::idx_t cardinality)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(output_types),
                       cardinality),
      settings_(std::move(settings)) {}

duckdb::InsertionOrderPreservingMap<duckdb::string> PhysicalKeyJoin::ParamsToString() const {
  duckdb::InsertionOrderPreservingMap<duckdb::string> result;
  result["Table"] = settings_.table->name;
  result["Index"] = settings_.key.name;
  return result;
}

duckdb::unique_ptr<duckdb::OperatorState> PhysicalKeyJoin::GetOperatorState(
    duckdb::ExecutionContext& context) const {
  auto state = duckdb::make_uniq<JoinState>(context.client);
  for (const auto& value : settings_.values) state->values.AddExpression(*value);
  return state;
}

duckdb::OperatorResultType PhysicalKeyJoin::Execute(duckdb::ExecutionContext& context,
                                                    DataChunk& input, DataChunk& chunk,
                                                    duckdb::GlobalOperatorState&,
                                                    duckdb::OperatorState& state) const {
  const auto count = input.size();
  DataChunk values;
  values.Initialize(context.client, settings_.key.types, count);
  state.Cast<JoinState>().values.Execute(input, values);
  const SourceKeys source(values);
  Matches matches(context.client, settings_, source, count);
  matches.Find();
  auto& rows = matches.FinishRows();
  duckdb::SelectionVector source_rows(count);
  duckdb::SelectionVector target_rows(count);
  size_t answered = 0;
  for (size_t row = 0; row < count; ++row) {
    if (!settings_.keeps_unmatched && !matches.IsMatched(row)) continue;
    source_rows.set_index(answered, row);
    target_rows.set_index(answered, matches.RowOf(row));
    ++answered;
  }
  for (size_t i = 0; i < settings_.outputs.size(); ++i) {
    const auto& output = settings_.outputs[i];
    auto& from = output.is_target ? rows.data[output.index] : input.data[output.index];
    chunk.data[i].Slice(from, output.is_target ? target_rows : source_rows, answered);
  }
  chunk.SetCardinality(answered);
  return duckdb::OperatorResultType::NEED_MORE_INPUT;
}

}  // namespace icefall
