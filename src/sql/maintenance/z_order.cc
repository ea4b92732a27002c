#include "sql/maintenance/z_order.h"

#include <algorithm>
#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_transaction.hpp"
#include "duckdb/common/vector_operations/generic_executor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/main/query_result.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include <fmt/format.h>

#include "base/hex.h"
#include "base/sql_quote.h"

namespace icefall {
namespace {

constexpr auto kFunctionName = "icefall_z_order";
constexpr size_t kColumnCountMax = 8;  // 8 bits each make 64
constexpr size_t kRangeCount = 256;
constexpr size_t kSampleSize = 16'384;
constexpr char kBoundEnd = ',';
constexpr char kColumnEnd = ';';

using Bounds = std::vector<std::string>;  // ascending; a value's range is how many are not above

// What the first argument says: hexadecimal bounds, by column.
struct ZOrderData : public duckdb::FunctionData {
  explicit ZOrderData(const std::string& text) {
    Bounds column;
    std::string digits;
    for (const char c : text) {
      if (c == kBoundEnd) {
        auto bound = FromHex(std::exchange(digits, {}));
        if (!bound) {
          throw duckdb::InvalidInputException(
              "%s: expected bounds in hexadecimal digits, found '%s'", kFunctionName, text);
        }
        column.push_back(std::move(*bound));
      } else if (c == kColumnEnd) {
        columns.push_back(std::exchange(column, {}));
      } else {
        digits.push_back(c);
      }
    }
  }

  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override {
    return duckdb::make_uniq<ZOrderData>(*this);
  }
  bool Equals(const duckdb::FunctionData& other) const override {
    return columns == other.Cast<ZOrderData>().columns;
  }

  std::vector<Bounds> columns;
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(
    duckdb::ClientContext& context, duckdb::ScalarFunction&,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  if (!arguments[0]->IsFoldable()) {
    throw duckdb::BinderException("%s: expected constant bounds", kFunctionName);
  }
  const auto text = duckdb::ExpressionExecutor::EvaluateScalar(context, *arguments[0]);
  auto data = duckdb::make_uniq<ZOrderData>(text.IsNull() ? "" : text.ToString());
  if (data->columns.size() + 1 != arguments.size() || data->columns.size() > kColumnCountMax) {
    throw duckdb::BinderException("%s: expected bounds of each of at most %d columns",
                                  kFunctionName, kColumnCountMax);
  }
  return data;
}

// Spreads the bits of a range over the places that the column has in the curve.
uint64_t Interleaved(uint64_t range, size_t column, size_t column_count) {
  uint64_t result = 0;
  for (size_t bit = 0; bit < 8; ++bit) {
    if ((range >> bit) & 1) result |= uint64_t{1} << (bit * column_count + column);
  }
  return result;
}

void Evaluate(duckdb::DataChunk& arguments, duckdb::ExpressionState& state,
              duckdb::Vector& result) {
  const auto& data =
      state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<ZOrderData>();
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* places = duckdb::FlatVector::GetData<uint64_t>(result);
  std::fill_n(places, arguments.size(), uint64_t{0});
  for (size_t column = 0; column < data.columns.size(); ++column) {
    const Bounds& bounds = data.columns[column];
    duckdb::UnifiedVectorFormat keys;
    arguments.data[column + 1].ToUnifiedFormat(arguments.size(), keys);
    const auto* values = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(keys);
    for (size_t row = 0; row < arguments.size(); ++row) {
      const auto& value = values[keys.sel->get_index(row)];
      const std::string_view key(value.GetData(), value.GetSize());
      const auto above = std::ranges::upper_bound(bounds, key, std::less<std::string_view>());
      const auto range = static_cast<uint64_t>(above - bounds.begin());
      places[row] |= Interleaved(range, column, data.columns.size());
    }
  }
}

// Short fixed keys alone would come as numbers; a text among them makes them bytes.
duckdb::string SortKey(const std::string& column) {
  return fmt::format("create_sort_key({}, 'ASC NULLS LAST', '', 'ASC NULLS LAST')",
                     QuoteIdentifier(column));
}

// The bounds of one column, as ZOrderData reads them.
std::string SampleBounds(duckdb::Connection& connection, const IcefallTableEntry& table,
                         const std::string& column) {
  const auto sql = fmt::format(
      "SELECT k FROM (SELECT {} AS k FROM {}.{}.{} USING SAMPLE reservoir({} ROWS) REPEATABLE (1)) "
      "ORDER BY k",
      SortKey(column), QuoteIdentifier(table.schema.catalog.GetName()),
      QuoteIdentifier(table.schema.name), QuoteIdentifier(table.name), kSampleSize);
  const auto result = connection.Query(sql);
  if (result->HasError()) result->ThrowError();
  const size_t count = result->RowCount();
  std::string text;
  for (size_t i = 1; i < kRangeCount && count > 0; ++i) {
    text += ToHex(duckdb::StringValue::Get(result->GetValue(0, i * count / kRangeCount)));
    text += kBoundEnd;
  }
  text += kColumnEnd;
  return text;
}

}  // namespace

SortOrder ZOrder(duckdb::Connection& connection, const IcefallTableEntry& table,
                 const std::vector<std::string>& columns) {
  if (columns.size() > kColumnCountMax) {
    throw duckdb::BinderException("Z-order: expected at most %d columns, found %d", kColumnCountMax,
                                  columns.size());
  }
  std::string bounds, keys;
  for (const std::string& column : columns) {
    if (table.table_schema().Find(column) == nullptr) {
      throw duckdb::BinderException("Z-order: table \"%s\" has no column \"%s\"", table.name,
                                    column);
    }
    bounds += SampleBounds(connection, table, column);
    keys += ", " + SortKey(column);
  }
  return {{{fmt::format("{}('{}'{})", kFunctionName, bounds, keys), false, false}}};
}

void RegisterZOrder(duckdb::DatabaseInstance& db) {
  duckdb::ScalarFunction function(kFunctionName, {duckdb::LogicalType::VARCHAR},
                                  duckdb::LogicalType::UBIGINT, Evaluate, Bind);
  function.varargs = duckdb::LogicalType::BLOB;
  duckdb::CreateScalarFunctionInfo info(std::move(function));
  info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(db);
  duckdb::Catalog::GetSystemCatalog(db).CreateFunction(transaction, info);
}

}  // namespace icefall
