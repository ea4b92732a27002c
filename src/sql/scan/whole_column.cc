#include "sql/scan/whole_column.h"

#include <utility>
#include <vector>

#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

using duckdb::Value;

bool HasValues(const Fragment& fragment, const ColumnStatistics* known) {
  return known == nullptr || known->null_count < fragment.row_count;
}

struct Bound {
  std::optional<Value> value;
  bool is_exact = false;
};

Bound BoundOf(const ColumnStatistics* known, const duckdb::LogicalType& type, bool is_lower) {
  // NaN sorts above every bound.
  if (known == nullptr || (!is_lower && known->has_nan)) return {};
  return {ParseBound(is_lower ? known->lower_bound : known->upper_bound, type),
          is_lower ? known->lower_is_exact : known->upper_is_exact};
}

// Absent: not known, because some rows that hold NULL may be deleted.
std::optional<uint64_t> NullCountOf(const Fragment& fragment, const ColumnStatistics* known) {
  if (known == nullptr) return std::nullopt;
  if (known->null_count == 0) return 0;
  if (known->null_count == fragment.row_count) return fragment.live_count();
  if (fragment.deletes != nullptr) return std::nullopt;
  return known->null_count;
}

}  // namespace

void WholeColumnCache::AddBound(const Fragment& fragment, const duckdb::LogicalType& type,
                                FieldId field, Extreme& extreme) {
  const auto* known = StatisticsOfField(fragment, field);
  if (!HasValues(fragment, known)) return;
  auto bound = BoundOf(known, type, extreme.is_lower);
  if (!bound.value) {
    ++extreme.unknown_count;
    return;
  }
  if (!extreme.value.IsNull() && *bound.value == extreme.value) {
    extreme.is_exact |= bound.is_exact;
    return;
  }
  const bool is_further =
      extreme.value.IsNull() ||
      (extreme.is_lower ? *bound.value < extreme.value : *bound.value > extreme.value);
  if (!is_further) return;
  extreme.value = *std::move(bound.value);
  extreme.is_exact = bound.is_exact;
}

bool WholeColumnCache::RemoveBound(const Fragment& fragment, const duckdb::LogicalType& type,
                                   FieldId field, Extreme& extreme) {
  const auto* known = StatisticsOfField(fragment, field);
  if (!HasValues(fragment, known)) return true;
  const auto bound = BoundOf(known, type, extreme.is_lower);
  if (!bound.value) --extreme.unknown_count;
  return !bound.value || *bound.value != extreme.value;
}

void WholeColumnCache::Add(const Fragment& fragment, FieldId field, const duckdb::LogicalType& type,
                           Column& column) {
  if (fragment.live_count() == 0) return;
  AddBound(fragment, type, field, column.minimum);
  AddBound(fragment, type, field, column.maximum);
  const auto nulls = NullCountOf(fragment, StatisticsOfField(fragment, field));
  column.null_count += nulls.value_or(0);
  column.unknown_null_count += nulls ? 0 : 1;
}

bool WholeColumnCache::Remove(const Fragment& fragment, FieldId field,
                              const duckdb::LogicalType& type, Column& column) {
  if (fragment.live_count() == 0) return true;
  const auto nulls = NullCountOf(fragment, StatisticsOfField(fragment, field));
  column.null_count -= nulls.value_or(0);
  column.unknown_null_count -= nulls ? 0 : 1;
  return RemoveBound(fragment, type, field, column.minimum) &&
         RemoveBound(fragment, type, field, column.maximum);
}

void WholeColumnCache::Follow(const Snapshot& snapshot, FieldId field,
                              const duckdb::LogicalType& type, Column& column) {
  std::vector<FragmentPointer> added;
  bool is_known = true;
  FragmentSet::Diff(column.fragments, snapshot.fragments,
                    [&](const FragmentPointer& before, const FragmentPointer& after) {
                      if (before != nullptr && is_known)
                        is_known = Remove(*before, field, type, column);
                      if (after != nullptr) added.push_back(after);
                    });
  if (is_known) {
    column.fragments = snapshot.fragments;
    for (const auto& fragment : added) Add(*fragment, field, type, column);
    return;
  }
  column = Column();
  column.fragments = snapshot.fragments;
  snapshot.fragments.ForEach(
      [&](const FragmentPointer& fragment) { Add(*fragment, field, type, column); });
}

WholeColumn WholeColumnCache::Get(const Snapshot& snapshot, const Field& field,
                                  const duckdb::LogicalType& type) {
  const std::lock_guard lock(mutex_);
  auto& column = columns_.Of(snapshot, field.id);
  Follow(snapshot, field.id, type, column);
  const auto answer = [&](const Extreme& extreme) -> std::optional<Value> {
    if (extreme.unknown_count > 0) return std::nullopt;
    if (extreme.value.IsNull()) return Value(type);
    return extreme.is_exact ? std::optional(extreme.value) : std::nullopt;
  };
  WholeColumn whole{answer(column.minimum), answer(column.maximum), std::nullopt};
  if (column.unknown_null_count == 0) whole.null_count = column.null_count;
  return whole;
}

}  // namespace icefall
