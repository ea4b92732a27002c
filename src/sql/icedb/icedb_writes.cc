#include "sql/icedb/icedb_writes.h"

#include <utility>

#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "duckdb/planner/operator/logical_update.hpp"

#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"
#include "sql/icedb/icedb_write_operators.h"

namespace icefall {
namespace {

using duckdb::PhysicalOperator;

size_t IndexOf(const duckdb::Expression& expression) {
  return expression.Cast<duckdb::BoundReferenceExpression>().index;
}

IcedbWrite::Settings SettingsOf(IcedbCatalog& catalog, duckdb::TableCatalogEntry& table,
                                bool returns_rows) {
  return {&catalog, table.Cast<IcedbTableEntry>().shared_from_this(), returns_rows, nullptr};
}

}  // namespace

std::vector<std::optional<size_t>> UpdatedValues(
    const duckdb::TableCatalogEntry& table, const duckdb::vector<duckdb::PhysicalIndex>& columns,
    const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions) {
  std::vector<std::optional<size_t>> values(table.GetColumns().PhysicalColumnCount());
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& expression = *expressions[i];
    if (expression.GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT) continue;
    values[columns[i].index] = IndexOf(expression);
  }
  return values;
}

PhysicalOperator& PlanIcedbInsert(IcedbCatalog& catalog, duckdb::PhysicalPlanGenerator& planner,
                                  duckdb::LogicalInsert& op,
                                  duckdb::optional_ptr<PhysicalOperator> child) {
  if (op.on_conflict_info.action_type != duckdb::OnConflictAction::THROW) {
    throw duckdb::NotImplementedException(
        "INSERT into \"%s\": ON CONFLICT needs a key, which an icedb table does not have",
        op.table.name);
  }
  if (!op.column_index_map.empty()) child = planner.ResolveDefaultsProjection(op, *child);
  auto& insert = planner.Make<IcedbInsert>(op.types, op.estimated_cardinality,
                                           SettingsOf(catalog, op.table, op.return_chunk), nullptr);
  insert.children.push_back(*child);
  return insert;
}

PhysicalOperator& PlanIcedbCreateTableAs(IcedbCatalog& catalog,
                                         duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalCreateTable& op, PhysicalOperator& child) {
  IcedbWrite::Settings settings;
  settings.catalog = &catalog;
  auto& insert = planner.Make<IcedbInsert>(op.types, op.estimated_cardinality, std::move(settings),
                                           std::move(op.info));
  insert.children.push_back(child);
  return insert;
}

PhysicalOperator& PlanIcedbDelete(IcedbCatalog& catalog, duckdb::PhysicalPlanGenerator& planner,
                                  duckdb::LogicalDelete& op, PhysicalOperator& child) {
  // In the order of GetRowIdColumns.
  IcedbChange::Columns columns{{}, IndexOf(*op.expressions[0]), IndexOf(*op.expressions[1])};
  auto& change =
      planner.Make<IcedbChange>(op.types, op.estimated_cardinality,
                                SettingsOf(catalog, op.table, op.return_chunk), std::move(columns));
  change.children.push_back(child);
  return change;
}

PhysicalOperator& PlanIcedbUpdate(IcedbCatalog& catalog, duckdb::PhysicalPlanGenerator& planner,
                                  duckdb::LogicalUpdate& op, PhysicalOperator& child) {
  IcedbChange::Columns columns{UpdatedValues(op.table, op.columns, op.expressions),
                               child.types.size() - 2, child.types.size() - 1};
  auto& change =
      planner.Make<IcedbChange>(op.types, op.estimated_cardinality,
                                SettingsOf(catalog, op.table, op.return_chunk), std::move(columns));
  change.children.push_back(child);
  return change;
}

}  // namespace icefall
