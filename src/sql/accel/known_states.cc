#include "sql/accel/known_states.h"

#include <utility>

#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;

// Equal values of other types may look different, as 0.0 and -0.0 do, and the first of a group is
// the one that is shown.
bool HasOneFormOfEachValue(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::UUID:
    case LogicalTypeId::ENUM:
      return true;
    case LogicalTypeId::VARCHAR:
      return duckdb::StringType::GetCollation(type).empty();
    default:
      return false;
  }
}

std::optional<Value> OnlyValue(const Fragment& fragment, const ColumnStatistics& known,
                               const duckdb::LogicalType& type) {
  if (known.null_count == fragment.row_count) return Value(type);
  const bool is_one = known.null_count == 0 && known.lower_bound.has_value() &&
                      known.lower_bound == known.upper_bound && HasOneFormOfEachValue(type);
  return is_one ? ParseBound(known.lower_bound, type) : std::nullopt;
}

std::optional<Value> CountOf(const Fragment& fragment, const ColumnStatistics& known) {
  const auto live = static_cast<int64_t>(fragment.live_count());
  if (known.null_count == 0) return Value::BIGINT(live);
  if (known.null_count == fragment.row_count) return Value::BIGINT(0);
  if (fragment.deletes != nullptr) return std::nullopt;
  return Value::BIGINT(live - static_cast<int64_t>(known.null_count));
}

std::optional<Value> ValueOf(const Fragment& fragment, const StateSource& column) {
  if (column.kind == "count_star") {
    return Value::BIGINT(static_cast<int64_t>(fragment.live_count()));
  }
  if (column.field == nullptr) return std::nullopt;
  const auto* known = StatisticsOfField(fragment, column.field->id);
  if (known == nullptr) return std::nullopt;
  if (column.kind.empty()) return OnlyValue(fragment, *known, column.type);
  if (column.kind == "count") return CountOf(fragment, *known);
  const bool is_minimum = column.kind == "min";
  if (!is_minimum && column.kind != "max") return std::nullopt;
  // Whichever row held the bound, the others have the same value.
  if (auto only = OnlyValue(fragment, *known, column.type)) return only;
  if (is_minimum ? !known->lower_is_exact : !known->upper_is_exact || known->has_nan) {
    return std::nullopt;
  }
  return ParseBound(is_minimum ? known->lower_bound : known->upper_bound, column.type);
}

}  // namespace

std::optional<StateRows> StatesOfStatistics(const Fragment& fragment,
                                            const std::vector<StateSource>& columns) {
  StateRows result;
  if (fragment.live_count() == 0) return result;
  std::vector<Value> values;
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto& column : columns) {
    auto value = ValueOf(fragment, column);
    if (!value) return std::nullopt;
    values.push_back(*std::move(value));
    types.push_back(column.type);
  }
  auto row = duckdb::make_uniq<duckdb::DataChunk>();
  row->Initialize(duckdb::Allocator::DefaultAllocator(), types, 1);
  for (size_t i = 0; i < values.size(); ++i) row->SetValue(i, 0, values[i]);
  row->SetCardinality(1);
  result.Add(std::move(row));
  return result;
}

}  // namespace icefall
