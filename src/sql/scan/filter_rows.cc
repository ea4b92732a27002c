#include "sql/scan/filter_rows.h"

#include "duckdb/planner/filter/list.hpp"
#include "duckdb/planner/table_filter_state.hpp"
#include "duckdb/storage/table/column_segment.hpp"

namespace icefall {

duckdb::idx_t FilterRows(duckdb::ClientContext& context,
                         duckdb::optional_ptr<duckdb::TableFilterSet> filters,
                         duckdb::DataChunk& rows, duckdb::SelectionVector& selection,
                         duckdb::idx_t count) {
  if (!filters) return count;
  for (const auto& [column, filter] : filters->filters) {
    if (count == 0) break;
    count = FilterValues(context, *filter, rows.data[column], rows.size(), selection, count);
  }
  return count;
}

duckdb::idx_t FilterValues(duckdb::ClientContext& context, const duckdb::TableFilter& filter,
                           duckdb::Vector& values, duckdb::idx_t size,
                           duckdb::SelectionVector& selection, duckdb::idx_t count) {
  duckdb::UnifiedVectorFormat format;
  values.ToUnifiedFormat(size, format);
  const auto state = duckdb::TableFilterState::Initialize(context, filter);
  duckdb::ColumnSegment::FilterSelection(selection, values, format, filter, *state, size, count);
  return count;
}

}  // namespace icefall
