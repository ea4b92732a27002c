#include "sql/scan/file_filters.h"

#include <utility>

#include "duckdb/planner/filter/list.hpp"

#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::TableFilter;
using duckdb::TableFilterType;

// Read without a cast, if the file was written under the same schema.
bool ReadsAsStored(const duckdb::LogicalType& type) {
  if (type.HasAlias()) return false;
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::BLOB:
    case LogicalTypeId::UUID:
      return true;
    case LogicalTypeId::VARCHAR:
      return duckdb::StringType::GetCollation(type).empty();
    default:
      return false;
  }
}

// Null when nothing is left.
duckdb::unique_ptr<TableFilter> WithoutBloom(const TableFilter& filter) {
  if (filter.filter_type == TableFilterType::BLOOM_FILTER) return nullptr;
  if (filter.filter_type == TableFilterType::OPTIONAL_FILTER) {
    const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
    return child && !WithoutBloom(*child) ? nullptr : filter.Copy();
  }
  if (filter.filter_type != TableFilterType::CONJUNCTION_AND) return filter.Copy();
  auto conjunction = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
  for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
    if (auto kept = WithoutBloom(*child)) conjunction->child_filters.push_back(std::move(kept));
  }
  if (conjunction->child_filters.empty()) return nullptr;
  return conjunction;
}

}  // namespace

bool FiltersRowIdLate(const ScanFile& file) {
  return !file.is_inline() && file.fragment->has_row_ids;
}

duckdb::unique_ptr<duckdb::TableFilterSet> FiltersForFile(
    const duckdb::TableFilterSet& filters, const duckdb::vector<duckdb::ColumnIndex>& column_ids,
    const ScanFile& file) {
  const auto& entry = *file.list->target()->entry;
  const auto schema = file.is_inline() ? file.inline_schema : file.fragment->schema;
  auto result = duckdb::make_uniq<duckdb::TableFilterSet>();
  for (const auto& [position, filter] : filters.filters) {
    const auto column = column_ids[position].GetPrimaryIndex();
    const bool is_virtual = duckdb::IsVirtualColumn(column);
    if (column == kRowIdColumn && FiltersRowIdLate(file)) continue;
    const bool as_stored = !is_virtual && schema == entry.table_schema().id &&
                           ReadsAsStored(entry.GetColumn(duckdb::LogicalIndex(column)).Type());
    auto kept = as_stored ? filter->Copy() : WithoutBloom(*filter);
    if (kept) result->filters.emplace(position, std::move(kept));
  }
  return result;
}

}  // namespace icefall
