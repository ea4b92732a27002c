#include "sql/ddl/partition_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "duckdb/common/exception/binder_exception.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include <fmt/format.h>

namespace icefall {
namespace {

using duckdb::ParsedExpression;

[[noreturn]] void ThrowBadKey(const ParsedExpression& key) {
  throw duckdb::BinderException(
      fmt::format("PARTITIONED BY: expected a column, year(c), month(c), day(c), hour(c), "
                  "bucket(n, c) or truncate(n, c), found {}",
                  key.ToString()));
}

const Field& FindColumn(const Schema& schema, const ParsedExpression& expression) {
  const auto& name = expression.Cast<duckdb::ColumnRefExpression>().GetColumnName();
  const auto* field = schema.Find(name);
  if (field == nullptr) {
    throw duckdb::BinderException(fmt::format("the table has no column \"{}\"", name));
  }
  return *field;
}

bool IsColumn(const ParsedExpression& expression) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF;
}

std::optional<uint32_t> Width(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return std::nullopt;
  duckdb::Value value = expression.Cast<duckdb::ConstantExpression>().value;
  if (value.IsNull() || !value.DefaultTryCastAs(duckdb::LogicalType::INTEGER)) return std::nullopt;
  const auto width = value.GetValue<int32_t>();
  if (width <= 0) return std::nullopt;
  return static_cast<uint32_t>(width);
}

PartitionField MakeField(const Field& column, std::string_view transform) {
  if (column.generated_as) {
    throw duckdb::BinderException(
        fmt::format("PARTITIONED BY: column \"{}\" is generated, not stored", column.name));
  }
  PartitionField field;
  field.source = column.id;
  field.transform = transform;
  const auto kind = transform.substr(0, transform.find('['));
  field.name = kind == "identity" ? column.name : fmt::format("{}_{}", column.name, kind);
  return field;
}

PartitionField ParseTransform(const duckdb::FunctionExpression& function, const Schema& schema) {
  static constexpr std::array<std::string_view, 4> kTimes = {"year", "month", "day", "hour"};
  const auto name = duckdb::StringUtil::Lower(function.function_name);
  const auto& arguments = function.children;
  if (std::ranges::find(kTimes, name) != kTimes.end()) {
    if (arguments.size() != 1 || !IsColumn(*arguments[0])) ThrowBadKey(function);
    return MakeField(FindColumn(schema, *arguments[0]), name);
  }
  if ((name != "bucket" && name != "truncate") || arguments.size() != 2) ThrowBadKey(function);
  const auto column = IsColumn(*arguments[0]) ? 0U : 1U;
  const auto width = Width(*arguments[1 - column]);
  if (!IsColumn(*arguments[column]) || !width) ThrowBadKey(function);
  return MakeField(FindColumn(schema, *arguments[column]), fmt::format("{}[{}]", name, *width));
}

void CheckColumns(const ParsedExpression& expression, const Schema& schema) {
  if (IsColumn(expression)) {
    FindColumn(schema, expression);
    return;
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { CheckColumns(child, schema); });
}

}  // namespace

std::vector<PartitionField> ParsePartitionKeys(
    const duckdb::vector<duckdb::unique_ptr<ParsedExpression>>& keys, const Schema& schema) {
  std::vector<PartitionField> fields;
  for (const auto& key : keys) {
    if (IsColumn(*key)) {
      fields.push_back(MakeField(FindColumn(schema, *key), "identity"));
    } else if (key->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
      fields.push_back(ParseTransform(key->Cast<duckdb::FunctionExpression>(), schema));
    } else {
      ThrowBadKey(*key);
    }
    for (size_t i = 0; i + 1 < fields.size(); ++i) {
      if (fields[i].name == fields.back().name) ThrowBadKey(*key);
    }
  }
  return fields;
}

SortOrder ParseSortKeys(const duckdb::vector<duckdb::unique_ptr<ParsedExpression>>& keys,
                        const Schema& schema) {
  SortOrder order;
  for (const auto& key : keys) {
    CheckColumns(*key, schema);
    order.fields.push_back({key->ToString(), false, false});
  }
  return order;
}

SortOrder ParseSortKeys(const duckdb::vector<duckdb::OrderByNode>& keys, const Schema& schema) {
  SortOrder order;
  for (const auto& key : keys) {
    CheckColumns(*key.expression, schema);
    order.fields.push_back({key.expression->ToString(), key.type == duckdb::OrderType::DESCENDING,
                            key.null_order == duckdb::OrderByNullType::NULLS_FIRST});
  }
  return order;
}

}  // namespace icefall
