#include "sql/accel/signature.h"

#include <algorithm>
#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/serializer/binary_serializer.hpp"
#include "duckdb/common/serializer/memory_stream.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/filter/list.hpp"
#include <fmt/format.h>

#include "base/hash.h"

namespace icefall {
namespace {

using duckdb::ExpressionClass;
using duckdb::TableFilterType;

class Reader {
 public:
  Reader(duckdb::ClientContext& context, const FieldOfColumn& field_of)
      : context_(context), field_of_(field_of) {}

  // Puts references to fields in the place of columns. False: the expression cannot be named.
  bool Name(duckdb::unique_ptr<duckdb::Expression>& expression) {
    expression->SetAlias("");
    expression->SetQueryLocation({});
    switch (expression->GetExpressionClass()) {
      case ExpressionClass::BOUND_COLUMN_REF: {
        const auto* field = field_of_(expression->Cast<duckdb::BoundColumnRefExpression>());
        if (field == nullptr) return false;
        AddField(*field);
        expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(expression->return_type,
                                                                         field->id.value);
        return true;
      }
      case ExpressionClass::BOUND_FUNCTION: {
        auto& function = expression->Cast<duckdb::BoundFunctionExpression>().function;
        if (!IsBuiltIn(function)) return false;
        // Of decimals, + - and * are written down with whether they have to look for overflows,
        // which statistics tell. It does not change what they answer.
        if (expression->return_type.id() == duckdb::LogicalTypeId::DECIMAL &&
            (function.name == "+" || function.name == "-" || function.name == "*")) {
          function.SetSerializeCallback(nullptr);
          function.SetDeserializeCallback(nullptr);
        }
        break;
      }
      case ExpressionClass::BOUND_CAST:
      case ExpressionClass::BOUND_COMPARISON:
      case ExpressionClass::BOUND_CONJUNCTION:
      case ExpressionClass::BOUND_CONSTANT:
      case ExpressionClass::BOUND_OPERATOR:
      case ExpressionClass::BOUND_CASE:
      case ExpressionClass::BOUND_BETWEEN:
        break;
      default:
        return false;
    }
    bool is_named = true;
    duckdb::ExpressionIterator::EnumerateChildren(
        *expression,
        [&](duckdb::unique_ptr<duckdb::Expression>& child) { is_named = is_named && Name(child); });
    return is_named;
  }

  // Rows of older files have the default that the field was added with.
  void AddField(const Field& field) {
    if (field.initial_default) {
      text_ += fmt::format("{}={}\n", field.id.value, *field.initial_default);
    }
  }

  template <typename Object>
  std::string Text(const Object& object) {
    duckdb::MemoryStream stream;
    duckdb::BinarySerializer::Serialize(object, stream);
    text_.append(reinterpret_cast<const char*>(stream.GetData()), stream.GetPosition());
    return Sha256Hex(text_);
  }

 private:
  // Anybody can give a function of their own any name.
  bool IsBuiltIn(const duckdb::ScalarFunction& function) {
    if (function.GetStability() != duckdb::FunctionStability::CONSISTENT) return false;
    auto entry = duckdb::Catalog::GetSystemCatalog(context_).GetEntry(
        context_, duckdb::CatalogType::SCALAR_FUNCTION_ENTRY, DEFAULT_SCHEMA, function.name,
        duckdb::OnEntryNotFound::RETURN_NULL);
    return entry && entry->internal;
  }

  duckdb::ClientContext& context_;
  const FieldOfColumn& field_of_;
  std::string text_;
};

bool IsKnown(const duckdb::TableFilter& filter) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON:
    case TableFilterType::IS_NULL:
    case TableFilterType::IS_NOT_NULL:
    case TableFilterType::IN_FILTER:
      return true;
    case TableFilterType::CONJUNCTION_AND: {
      const auto& children = filter.Cast<duckdb::ConjunctionAndFilter>().child_filters;
      return std::ranges::all_of(children, [](const auto& child) { return IsKnown(*child); });
    }
    case TableFilterType::CONJUNCTION_OR: {
      const auto& children = filter.Cast<duckdb::ConjunctionOrFilter>().child_filters;
      return std::ranges::all_of(children, [](const auto& child) { return IsKnown(*child); });
    }
    case TableFilterType::EXPRESSION_FILTER:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string> SignatureOf(duckdb::ClientContext& context,
                                       const duckdb::Expression& expression,
                                       const FieldOfColumn& field_of) {
  if (expression.IsVolatile() || expression.HasParameter() || expression.HasSubquery()) {
    return std::nullopt;
  }
  Reader reader(context, field_of);
  auto copy = expression.Copy();
  if (!reader.Name(copy)) return std::nullopt;
  try {
    return reader.Text(*copy);
  } catch (const duckdb::Exception&) {
    return std::nullopt;  // has a function that cannot be written down
  }
}

std::optional<std::string> SignatureOf(duckdb::ClientContext& context,
                                       const duckdb::TableFilter& filter, const Field& field,
                                       const duckdb::LogicalType& type) {
  if (!IsKnown(filter)) return std::nullopt;
  duckdb::BoundColumnRefExpression column(type, duckdb::ColumnBinding(0, 0));
  const auto expression = filter.ToExpression(column);
  return SignatureOf(context, *expression,
                     [&](const duckdb::BoundColumnRefExpression&) { return &field; });
}

std::string SignatureOfSession(duckdb::ClientContext& context) {
  std::string text = duckdb::DuckDB::SourceID();
  for (const auto* name :
       {"TimeZone", "Calendar", "ieee_floating_point_ops", "default_collation"}) {
    duckdb::Value value;
    if (context.TryGetCurrentSetting(name, value)) {
      text += fmt::format("\n{}={}", name, value.ToString());
    }
  }
  return Sha256Hex(text);
}

}  // namespace icefall
