#include "sql/ddl/alter_type.h"

#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression_binder/alter_binder.hpp"
#include <fmt/format.h>

#include "sql/ddl/alter_columns.h"
#include "sql/type_mapping.h"
#include "table/widening.h"

namespace icefall {
namespace {

// USING that says no more than the change of type itself.
bool IsPlainCast(const duckdb::ParsedExpression* expression) {
  return expression == nullptr ||
         (expression->GetExpressionClass() == duckdb::ExpressionClass::CAST &&
          expression->Cast<duckdb::CastExpression>().child->GetExpressionClass() ==
              duckdb::ExpressionClass::COLUMN_REF);
}

// USING without TYPE has the type of its expression.
duckdb::LogicalType TargetType(duckdb::ClientContext& context, IcefallTableEntry& table,
                               const duckdb::ChangeColumnTypeInfo& info) {
  if (info.target_type != duckdb::LogicalType::UNKNOWN) return info.target_type;
  const auto binder = duckdb::Binder::CreateBinder(context);
  duckdb::vector<duckdb::LogicalIndex> columns;
  duckdb::AlterBinder expressions(*binder, context, table, columns, info.target_type);
  auto expression = info.expression->Copy();
  return expressions.Bind(expression)->return_type;
}

}  // namespace

bool ChangeColumnType(duckdb::ClientContext& context, IcefallTableEntry& table, Schema& schema,
                      ChangeSet& change, const duckdb::ChangeColumnTypeInfo& info) {
  auto& field = FindColumn(schema, table.name, info.column_name);
  if (field.generated_as) {
    throw duckdb::BinderException(
        fmt::format("Using generated columns in alter statement not supported: column \"{}\" of "
                    "table \"{}\"",
                    field.name, table.name));
  }
  if (const auto* generated = GeneratedFrom(schema, table.name, field)) {
    throw duckdb::BinderException(fmt::format(
        "column \"{}\" of table \"{}\" is referenced by the generated column \"{}\", so "
        "its type can not be changed",
        field.name, table.name, generated->name));
  }
  const auto from = ToDuckdb(field.type);
  const auto to = TargetType(context, table, info);
  const auto& snapshot = *table.snapshot();
  const auto target = FromDuckdb(to);
  const bool keeps_values =
      IsPlainCast(info.expression.get()) && (from == to || IsWidening(field.type, target));
  if (from != to) field.type = target;
  if (keeps_values) return false;
  snapshot.fragments.ForEach(
      [&](const FragmentPointer& fragment) { change.removed_fragments.push_back(fragment->id); });
  const auto& inline_rows = snapshot.inline_rows;
  if (inline_rows.next_position > inline_rows.floor) {
    change.inline_floor = inline_rows.next_position;
  }
  return snapshot.live_row_count > 0;
}

}  // namespace icefall
