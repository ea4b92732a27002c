#include "sql/scan/column_definitions.h"

#include <utility>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression_binder/constant_binder.hpp"

#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::MultiFileColumnDefinition;

MultiFileColumnDefinition Definition(duckdb::ClientContext& context, const Field& field,
                                     MappingSide side) {
  MultiFileColumnDefinition column(field.name, ToDuckdb(field.type));
  column.identifier = duckdb::Value::INTEGER(field.id.value);
  column.default_expression =
      duckdb::make_uniq<duckdb::ConstantExpression>(InitialValue(context, field));
  const auto kind = field.type.kind;
  if (kind == TypeKind::kPrimitive || IsReadByName(field.type)) return column;
  column.children = ColumnDefinitions(context, field.type.children, side);
  if (kind == TypeKind::kList && side == MappingSide::kFile) column.children[0].name = "list";
  if (kind == TypeKind::kMap && side == MappingSide::kFile) {
    MultiFileColumnDefinition entries("key_value", duckdb::LogicalTypeId::INVALID);
    entries.children = std::move(column.children);
    column.children = {std::move(entries)};
  }
  return column;
}

}  // namespace

duckdb::vector<MultiFileColumnDefinition> ColumnDefinitions(duckdb::ClientContext& context,
                                                            const std::vector<Field>& fields,
                                                            MappingSide side) {
  duckdb::vector<MultiFileColumnDefinition> columns;
  columns.reserve(fields.size());
  for (const auto& field : fields) columns.push_back(Definition(context, field, side));
  return columns;
}

duckdb::Value EvaluateConstant(duckdb::ClientContext& context, const std::string& expression,
                               const duckdb::LogicalType& type) {
  auto parsed = duckdb::Parser::ParseExpressionList(expression);
  auto binder = duckdb::Binder::CreateBinder(context);
  duckdb::ConstantBinder constant_binder(*binder, context, "DEFAULT");
  auto bound = constant_binder.Bind(parsed[0]);
  bound = duckdb::BoundCastExpression::AddCastToType(context, std::move(bound), type);
  return duckdb::ExpressionExecutor::EvaluateScalar(context, *bound, true);
}

duckdb::Value InitialValue(duckdb::ClientContext& context, const Field& field) {
  const auto type = ToDuckdb(field.type);
  if (!field.initial_default) return duckdb::Value(type);
  return EvaluateConstant(context, *field.initial_default, type);
}

}  // namespace icefall
