#include "sql/scan/column_bounds.h"

#include <algorithm>
#include <utility>

#include "duckdb/planner/filter/list.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"

#include "sql/scan/fragment_statistics.h"
#include "sql/scan/stored_integer.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::TableFilterType;
using duckdb::Value;

// Values are numbers, in their order, and equal ones are one number.
bool IsNumber(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
      return true;
    case LogicalTypeId::DECIMAL:
      return duckdb::DecimalType::GetWidth(type) <= 18;
    default:
      return false;
  }
}

std::optional<int64_t> NumberOf(const Value& value, const duckdb::LogicalType& type) {
  if (value.IsNull() || value.type() != type) return std::nullopt;
  return StoredInteger(value);
}

std::optional<ValueRange> RangeOfComparison(const duckdb::ConstantFilter& filter,
                                            const duckdb::LogicalType& type) {
  const auto number = NumberOf(filter.constant, type);
  if (!number) return std::nullopt;
  switch (filter.comparison_type) {
    case duckdb::ExpressionType::COMPARE_EQUAL:
      return ValueRange{*number, *number, true};
    case duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return ValueRange{*number, INT64_MAX, true};
    case duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return ValueRange{INT64_MIN, *number, true};
    case duckdb::ExpressionType::COMPARE_GREATERTHAN:
      if (*number == INT64_MAX) return std::nullopt;
      return ValueRange{*number + 1, INT64_MAX, true};
    case duckdb::ExpressionType::COMPARE_LESSTHAN:
      if (*number == INT64_MIN) return std::nullopt;
      return ValueRange{INT64_MIN, *number - 1, true};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<ValueRange> ValueRange::Of(const duckdb::TableFilter& filter,
                                         const duckdb::LogicalType& type) {
  if (!IsNumber(type)) return std::nullopt;
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON:
      return RangeOfComparison(filter.Cast<duckdb::ConstantFilter>(), type);
    case TableFilterType::IS_NOT_NULL:
      return ValueRange{};
    case TableFilterType::IN_FILTER: {
      ValueRange all{INT64_MAX, INT64_MIN, false};
      for (const auto& value : filter.Cast<duckdb::InFilter>().values) {
        const auto number = NumberOf(value, type);
        if (!number) return std::nullopt;
        all.lower = std::min(all.lower, *number);
        all.upper = std::max(all.upper, *number);
      }
      return all;
    }
    case TableFilterType::CONJUNCTION_AND: {
      // Children that say nothing leave a range that is too large.
      ValueRange both;
      bool is_any = false;
      for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
        const auto range = Of(*child, type);
        is_any |= range.has_value();
        both.is_exact &= range && range->is_exact;
        if (!range) continue;
        both.lower = std::max(both.lower, range->lower);
        both.upper = std::min(both.upper, range->upper);
      }
      return is_any ? std::optional(both) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

FilterProof ColumnBounds::Prove(size_t place, const ValueRange& range) const {
  const auto nulls = nulls_[place];
  if (nulls == Nulls::kUnknown) return FilterProof::kUnknown;
  if (nulls == Nulls::kAll || upper_[place] < range.lower || lower_[place] > range.upper) {
    return FilterProof::kNoRow;
  }
  const bool is_inside = lower_[place] >= range.lower && upper_[place] <= range.upper;
  return is_inside && range.is_exact && nulls == Nulls::kNone ? FilterProof::kEveryRow
                                                              : FilterProof::kUnknown;
}

void ColumnBounds::Add(duckdb::ClientContext& context, const Snapshot& snapshot,
                       const Fragment& fragment, const Field& field,
                       const duckdb::LogicalType& type) {
  const auto stats = FragmentStatistics(context, snapshot, fragment, field, type);
  int64_t lower = 0;
  int64_t upper = 0;
  auto nulls = Nulls::kUnknown;
  if (stats && !stats->CanHaveNoNull()) {
    nulls = Nulls::kAll;
  } else if (stats && duckdb::NumericStats::HasMinMax(*stats)) {
    const auto first = NumberOf(duckdb::NumericStats::Min(*stats), type);
    const auto last = NumberOf(duckdb::NumericStats::Max(*stats), type);
    if (first && last) {
      lower = *first;
      upper = *last;
      nulls = stats->CanHaveNull() ? Nulls::kSome : Nulls::kNone;
    }
  }
  ids_.push_back(fragment.id.value);
  lower_.push_back(lower);
  upper_.push_back(upper);
  nulls_.push_back(nulls);
}

void ColumnBounds::AddFrom(const ColumnBounds& other, size_t place) {
  ids_.push_back(other.ids_[place]);
  lower_.push_back(other.lower_[place]);
  upper_.push_back(other.upper_[place]);
  nulls_.push_back(other.nulls_[place]);
}

void ColumnBoundsCache::Follow(duckdb::ClientContext& context, const Snapshot& snapshot,
                               const Field& field, const duckdb::LogicalType& type,
                               Column& column) {
  // In the order of ids, which is that of the arrays.
  std::vector<std::pair<FragmentPointer, FragmentPointer>> changes;
  FragmentSet::Diff(
      column.fragments, snapshot.fragments,
      [&](const FragmentPointer& before, const FragmentPointer& after) {
        if (before != nullptr && after != nullptr && HasSameStatistics(*before, *after, field.id)) {
          return;
        }
        changes.emplace_back(before, after);
      });
  column.fragments = snapshot.fragments;
  if (changes.empty() && column.bounds != nullptr) return;
  auto bounds = std::make_shared<ColumnBounds>();
  static const ColumnBounds none;
  const auto& known = column.bounds ? *column.bounds : none;
  size_t place = 0;
  for (const auto& [before, after] : changes) {
    const auto id = (before ? before : after)->id.value;
    while (place < known.size() && known.ids_[place] < id) bounds->AddFrom(known, place++);
    if (before != nullptr) ++place;
    if (after != nullptr) bounds->Add(context, snapshot, *after, field, type);
  }
  while (place < known.size()) bounds->AddFrom(known, place++);
  column.bounds = std::move(bounds);
}

ColumnBoundsPointer ColumnBoundsCache::Get(duckdb::ClientContext& context, const Snapshot& snapshot,
                                           const Field& field, const duckdb::LogicalType& type) {
  if (snapshot.fragments.size() < kFragmentsMin || !IsNumber(type)) return nullptr;
  const std::lock_guard lock(mutex_);
  auto& column = columns_.Of(snapshot, field.id);
  Follow(context, snapshot, field, type, column);
  return column.bounds;
}

}  // namespace icefall
