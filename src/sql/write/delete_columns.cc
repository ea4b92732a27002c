#include "sql/write/delete_columns.h"

#include "duckdb/planner/operator/logical_delete.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {
namespace {

constexpr size_t kColumnsOfRow = 2;  // see RowIdColumns()

}  // namespace

void DropUnusedRowIds(duckdb::LogicalOperator& plan) {
  for (auto& child : plan.children) DropUnusedRowIds(*child);
  if (plan.type != duckdb::LogicalOperatorType::LOGICAL_DELETE) return;
  auto& table = plan.Cast<duckdb::LogicalDelete>().table;
  if (dynamic_cast<IcefallTableEntry*>(&table) == nullptr) return;
  if (plan.expressions.size() > kColumnsOfRow) plan.expressions.resize(kColumnsOfRow);
}

}  // namespace icefall
