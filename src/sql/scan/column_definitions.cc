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

duckdb::Value InitialValueAs(duckdb::ClientContext& context, const Field& field,
                             const duckdb::LogicalType& type) {
  if (!field.initial_default) return duckdb::Value(type);
  return EvaluateConstant(context, *field.initial_default, type);
}

}  // namespace

void AddColumnDefinition(duckdb::ClientContext& context, const Field& field,
                         const duckdb::LogicalType& type, MappingSide side,
                         duckdb::vector<MultiFileColumnDefinition>& columns) {
  // In its place, as a definition cannot be moved there.
  auto& column = columns.emplace_back(field.name, type);
  column.identifier = duckdb::Value::INTEGER(field.id.value);
  if (side == MappingSide::kTable) {
    column.default_expression =
        duckdb::make_uniq<duckdb::ConstantExpression>(InitialValueAs(context, field, type));
  }
  const auto kind = field.type.kind;
  if (kind == TypeKind::kPrimitive || IsReadByName(field.type)) return;
  column.children = ColumnDefinitions(context, field.type.children, side);
  if (kind == TypeKind::kList && side == MappingSide::kFile) column.children[0].name = "list";
  if (kind == TypeKind::kMap && side == MappingSide::kFile) {
    MultiFileColumnDefinition entries("key_value", duckdb::LogicalTypeId::INVALID);
    entries.children = std::move(column.children);
    column.children = {std::move(entries)};
  }
}

duckdb::vector<MultiFileColumnDefinition> ColumnDefinitions(duckdb::ClientContext& context,
                                                            const std::vector<Field>& fields,
                                                            MappingSide side) {
  duckdb::vector<MultiFileColumnDefinition> columns;
  columns.reserve(fields.size());
  for (const auto& field : fields) {
    AddColumnDefinition(context, field, ToDuckdb(field.type), side, columns);
  }
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
  return InitialValueAs(context, field, ToDuckdb(field.type));
}

}  // namespace icefall
