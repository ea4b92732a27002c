#include "sql/ddl/alter_type.h"

#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include <fmt/format.h>

#include "sql/ddl/alter_columns.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

// Position in the row of integers of growing width; -1: none.
int SignedRank(LogicalTypeId id) {
  switch (id) {
    case LogicalTypeId::TINYINT:
      return 0;
    case LogicalTypeId::SMALLINT:
      return 1;
    case LogicalTypeId::INTEGER:
      return 2;
    case LogicalTypeId::BIGINT:
      return 3;
    default:
      return -1;
  }
}

int UnsignedRank(LogicalTypeId id) {
  switch (id) {
    case LogicalTypeId::UTINYINT:
      return 0;
    case LogicalTypeId::USMALLINT:
      return 1;
    case LogicalTypeId::UINTEGER:
      return 2;
    case LogicalTypeId::UBIGINT:
      return 3;
    default:
      return -1;
  }
}

// USING that says no more than the change of type itself.
bool IsPlainCast(const duckdb::ParsedExpression* expression) {
  return expression == nullptr ||
         (expression->GetExpressionClass() == duckdb::ExpressionClass::CAST &&
          expression->Cast<duckdb::CastExpression>().child->GetExpressionClass() ==
              duckdb::ExpressionClass::COLUMN_REF);
}

}  // namespace

bool IsWidening(const LogicalType& from, const LogicalType& to) {
  if (SignedRank(from.id()) >= 0 && SignedRank(to.id()) >= SignedRank(from.id())) return true;
  if (UnsignedRank(from.id()) >= 0) {
    return UnsignedRank(to.id()) >= UnsignedRank(from.id()) ||
           SignedRank(to.id()) > UnsignedRank(from.id());
  }
  if (from.id() == LogicalTypeId::FLOAT) return to.id() == LogicalTypeId::DOUBLE;
  if (from.id() == LogicalTypeId::DECIMAL && to.id() == LogicalTypeId::DECIMAL) {
    return duckdb::DecimalType::GetScale(from) == duckdb::DecimalType::GetScale(to) &&
           duckdb::DecimalType::GetWidth(from) <= duckdb::DecimalType::GetWidth(to);
  }
  return false;
}

bool ChangeColumnType(const IcefallTableEntry& table, Schema& schema, ChangeSet& change,
                      const duckdb::ChangeColumnTypeInfo& info) {
  auto& field = FindColumn(schema, table.name, info.column_name);
  if (field.generated_as) {
    throw duckdb::BinderException(
        fmt::format("column \"{}\" is generated: its type cannot be altered", field.name));
  }
  const auto from = ToDuckdb(field.type);
  const auto& to = info.target_type;
  const auto& snapshot = *table.snapshot();
  const bool keeps_values =
      IsPlainCast(info.expression.get()) && (from == to || IsWidening(from, to));
  if (from != to) field.type = FromDuckdb(to);
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
