#include "sql/write/changed_columns.h"

#include "duckdb/execution/operator/projection/physical_projection.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/scan/fragment_list.h"
#include "sql/write/physical_key_join.h"

namespace icefall {
namespace {

using duckdb::PhysicalOperator;

// Column `index` of what `op` answers is just `column` of the table's scan.
bool IsColumnOf(const PhysicalOperator& op, size_t index, const IcefallTableEntry& table,
                duckdb::LogicalIndex column) {
  switch (op.type) {
    case duckdb::PhysicalOperatorType::PROJECTION: {
      const auto& select = op.Cast<duckdb::PhysicalProjection>().select_list;
      if (select[index]->GetExpressionType() != duckdb::ExpressionType::BOUND_REF) return false;
      const auto source = select[index]->Cast<duckdb::BoundReferenceExpression>().index;
      return IsColumnOf(op.children[0].get(), source, table, column);
    }
    case duckdb::PhysicalOperatorType::FILTER:
      return IsColumnOf(op.children[0].get(), index, table, column);
    case duckdb::PhysicalOperatorType::TABLE_SCAN: {
      const auto& scan = op.Cast<duckdb::PhysicalTableScan>();
      const auto* list = FragmentList::Of(scan.bind_data.get());
      if (list == nullptr || list->target()->entry.get() != &table) return false;
      const auto& id =
          scan.column_ids[scan.projection_ids.empty() ? index : scan.projection_ids[index]];
      return id.GetPrimaryIndex() == column.index && !id.HasChildren();
    }
    case duckdb::PhysicalOperatorType::EXTENSION: {
      const auto* join = dynamic_cast<const PhysicalKeyJoin*>(&op);
      return join != nullptr && join->IsTargetColumn(index, table, column.index);
    }
    default:
      return false;
  }
}

}  // namespace

std::vector<bool> ChangedColumns(const PhysicalUpdateRows::Settings& settings,
                                 const PhysicalOperator& child) {
  std::vector<bool> changed(settings.table->stored_count(), true);
  for (size_t i = 0; i < settings.columns.size(); ++i) {
    const auto& expression = *settings.expressions[i];
    if (expression.GetExpressionType() != duckdb::ExpressionType::BOUND_REF) continue;
    const auto column = settings.columns[i];
    const duckdb::LogicalIndex field(settings.table->definition().stored_fields[column.index]);
    const auto source = expression.Cast<duckdb::BoundReferenceExpression>().index;
    changed[column.index] = !IsColumnOf(child, source, *settings.table, field);
  }
  return changed;
}

}  // namespace icefall
