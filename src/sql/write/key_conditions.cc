#include "sql/write/key_conditions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/operator/logical_filter.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/plan_facts.h"

namespace icefall {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

// A column that has to equal an expression without columns.
struct Equality {
  duckdb::column_t column;  // a field's position in the schema
  const duckdb::Expression* value;
};

std::optional<Equality> AsEquality(const duckdb::Expression& expression,
                                   const duckdb::LogicalGet& get) {
  if (expression.GetExpressionType() != duckdb::ExpressionType::COMPARE_EQUAL) return std::nullopt;
  const auto& comparison = expression.Cast<duckdb::BoundComparisonExpression>();
  const auto* column = comparison.left.get();
  const auto* value = comparison.right.get();
  if (!value->IsFoldable()) std::swap(column, value);
  if (!value->IsFoldable()) return std::nullopt;
  if (column->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return {};
  const auto& binding = column->Cast<duckdb::BoundColumnRefExpression>().binding;
  const auto& id = get.GetColumnIds()[binding.column_index];
  if (id.IsVirtualColumn() || id.HasChildren()) return std::nullopt;
  return Equality{id.GetPrimaryIndex(), value};
}

// The types that DuckDB compares in scans, without those of which equal values differ.
bool IsComparedInScans(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::VARCHAR:
    case duckdb::LogicalTypeId::DATE:
    case duckdb::LogicalTypeId::TIMESTAMP:
    case duckdb::LogicalTypeId::TIMESTAMP_TZ:
    case duckdb::LogicalTypeId::UUID:
      return true;
    default:
      return type.IsIntegral();
  }
}

// The value of each column; absent when more is asked.
std::optional<std::map<duckdb::column_t, duckdb::Value>> ValuesOf(duckdb::ClientContext& context,
                                                                  const LogicalOperator& filter,
                                                                  const duckdb::LogicalGet& get) {
  std::map<duckdb::column_t, duckdb::Value> values;
  for (const auto& expression : filter.expressions) {
    const auto equality = AsEquality(*expression, get);
    if (!equality || equality->value->HasParameter()) return std::nullopt;
    duckdb::Value value;
    if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context, *equality->value, value)) return {};
    const auto& type = get.returned_types[equality->column];
    if (value.IsNull() || value.type() != type || !IsComparedInScans(type)) return std::nullopt;
    if (!values.emplace(equality->column, std::move(value)).second) return std::nullopt;
  }
  return values;
}

}  // namespace

bool SelectsByKey(const LogicalOperator& op, const IcefallTableEntry& table) {
  if (op.type == LogicalOperatorType::LOGICAL_PROJECTION) {
    return SelectsByKey(*op.children[0], table);
  }
  if (op.type != LogicalOperatorType::LOGICAL_FILTER) return false;
  if (!IsScanOf(*op.children[0], table)) return false;
  const auto& get = op.children[0]->Cast<duckdb::LogicalGet>();
  const auto& schema = table.table_schema();
  std::vector<FieldId> fields;
  for (const auto& each : op.expressions) {
    const auto equality = AsEquality(*each, get);
    if (equality) fields.push_back(schema.fields[equality->column].id);
  }
  return std::ranges::any_of(schema.constraints, [&](const auto& constraint) {
    return IsUnique(constraint.kind) &&
           std::ranges::all_of(constraint.fields, [&](const FieldId field) {
             return std::ranges::find(fields, field) != fields.end();
           });
  });
}

bool PushKeyConditions(duckdb::ClientContext& context, duckdb::unique_ptr<LogicalOperator>& op) {
  if (op->type == LogicalOperatorType::LOGICAL_PROJECTION) {
    return PushKeyConditions(context, op->children[0]);
  }
  auto& get = op->children[0]->Cast<duckdb::LogicalGet>();
  if (op->Cast<duckdb::LogicalFilter>().HasProjectionMap()) return false;
  if (!get.table_filters.filters.empty()) return false;
  const auto values = ValuesOf(context, *op, get);
  if (!values) return false;
  for (const auto& [column, value] : *values) {
    get.table_filters.PushFilter(
        duckdb::ColumnIndex(column),
        duckdb::make_uniq<duckdb::ConstantFilter>(duckdb::ExpressionType::COMPARE_EQUAL, value));
  }
  get.function.pushdown_complex_filter(context, get, get.bind_data.get(), op->expressions);
  op = std::move(op->children[0]);
  return true;
}

}  // namespace icefall
