#include "sql/write/sort_rows.h"

#include <utility>

#include "duckdb/execution/operator/order/physical_order.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_binder.hpp"
#include "duckdb/planner/expression_iterator.hpp"

namespace icefall {
namespace {

using ExpressionPointer = duckdb::unique_ptr<duckdb::Expression>;

ExpressionPointer Bind(duckdb::ClientContext& context, const std::string& text,
                       const duckdb::vector<duckdb::string>& names,
                       const duckdb::vector<duckdb::LogicalType>& types) {
  auto parsed = duckdb::Parser::ParseExpressionList(text);
  if (parsed.size() != 1) {
    throw duckdb::BinderException("sort order: expected one expression, found '%s'", text);
  }
  auto binder = duckdb::Binder::CreateBinder(context);
  const auto index = binder->GenerateTableIndex();
  binder->bind_context.AddGenericBinding(index, "rows", names, types);
  duckdb::ExpressionBinder expression_binder(*binder, context);
  auto bound = expression_binder.Bind(parsed[0]);
  duckdb::ExpressionIterator::VisitExpressionMutable<duckdb::BoundColumnRefExpression>(
      bound, [&](duckdb::BoundColumnRefExpression& column, ExpressionPointer& place) {
        place = duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.return_type,
                                                                    column.binding.column_index);
      });
  return bound;
}

}  // namespace

duckdb::PhysicalOperator& SortRows(duckdb::ClientContext& context,
                                   duckdb::PhysicalPlanGenerator& planner,
                                   duckdb::PhysicalOperator& child, const SortOrder& order,
                                   const duckdb::vector<duckdb::string>& names) {
  if (order.fields.empty()) return child;
  duckdb::vector<duckdb::BoundOrderByNode> orders;
  for (const auto& field : order.fields) {
    orders.emplace_back(
        field.descending ? duckdb::OrderType::DESCENDING : duckdb::OrderType::ASCENDING,
        field.nulls_first ? duckdb::OrderByNullType::NULLS_FIRST
                          : duckdb::OrderByNullType::NULLS_LAST,
        Bind(context, field.expression, names, child.types));
  }
  duckdb::vector<duckdb::idx_t> projection;
  for (size_t i = 0; i < child.types.size(); ++i) projection.push_back(i);
  auto& sort = planner.Make<duckdb::PhysicalOrder>(
      child.types, std::move(orders), std::move(projection), child.estimated_cardinality);
  sort.children.push_back(child);
  return sort;
}

}  // namespace icefall
