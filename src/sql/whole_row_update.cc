#include "sql/whole_row_update.h"

#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"

namespace icefall {
namespace {

// Where the scan answers the column, which is asked for once: the Parquet reader would go on to the
// next rows for a second one.
duckdb::idx_t ScanPosition(duckdb::LogicalGet& get, const duckdb::ColumnDefinition& column) {
  const auto& asked = get.GetColumnIds();
  for (duckdb::idx_t i = 0; i < asked.size(); ++i) {
    if (asked[i].GetPrimaryIndex() == column.Logical().index && !asked[i].HasChildren()) return i;
  }
  get.AddColumnId(column.Logical().index);
  return asked.size() - 1;
}

}  // namespace

void UpdateWholeRows(duckdb::TableCatalogEntry& table, duckdb::LogicalGet& get,
                     duckdb::LogicalProjection& projection, duckdb::LogicalUpdate& update) {
  update.update_is_del_and_insert = true;
  for (const auto& column : table.GetColumns().Physical()) {
    if (std::ranges::find(update.columns, column.Physical()) != update.columns.end()) continue;
    const duckdb::ColumnBinding source(get.table_index, ScanPosition(get, column));
    update.columns.push_back(column.Physical());
    update.expressions.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(
        column.Type(),
        duckdb::ColumnBinding(projection.table_index, projection.expressions.size())));
    projection.expressions.push_back(
        duckdb::make_uniq<duckdb::BoundColumnRefExpression>(column.Type(), source));
  }
}

}  // namespace icefall
