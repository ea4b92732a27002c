#include "sql/scan/merged_statistics.h"

#include <algorithm>

#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

// Deleting rows makes another Fragment, but leaves what is said of its file's values.
bool SaysTheSame(const Fragment& a, const Fragment& b, FieldId field) {
  const auto* left = StatisticsOfField(a, field);
  const auto* right = StatisticsOfField(b, field);
  if (a.row_count != b.row_count || a.schema != b.schema) return false;
  if (left == nullptr || right == nullptr) return left == right;
  return left->null_count == right->null_count && left->lower_bound == right->lower_bound &&
         left->upper_bound == right->upper_bound && left->has_nan == right->has_nan;
}

}  // namespace

void MergedStatisticsCache::Follow(duckdb::ClientContext& context, const Snapshot& snapshot,
                                   const Field& field, const duckdb::LogicalType& type,
                                   Column& column) {
  std::vector<FragmentPointer> added;
  bool has_gone = false;
  FragmentSet::Diff(
      column.fragments, snapshot.fragments,
      [&](const FragmentPointer& before, const FragmentPointer& after) {
        if (before != nullptr && after != nullptr && SaysTheSame(*before, *after, field.id)) {
          return;
        }
        has_gone |= before != nullptr;
        if (after != nullptr) added.push_back(after);
      });
  if (has_gone) {
    column.statistics.reset();
    column.is_unknown = false;
    added.clear();
    snapshot.fragments.ForEach([&](const FragmentPointer& f) { added.push_back(f); });
  }
  for (const auto& fragment : added) {
    if (column.is_unknown) break;
    auto statistics = FragmentStatistics(context, snapshot, *fragment, field, type);
    column.is_unknown = statistics == nullptr;
    if (column.is_unknown) {
      column.statistics.reset();
    } else if (column.statistics) {
      column.statistics->Merge(*statistics);
    } else {
      column.statistics = std::move(statistics);
    }
  }
  column.fragments = snapshot.fragments;
}

duckdb::unique_ptr<duckdb::BaseStatistics> MergedStatisticsCache::Get(
    duckdb::ClientContext& context, const Snapshot& snapshot, const Field& field,
    const duckdb::LogicalType& type) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(columns_, [&](const Column& column) {
    return column.field == field.id && column.schema == snapshot.schema &&
           column.table_uuid == snapshot.table_uuid;
  });
  if (found == columns_.end()) {
    Column column;
    column.table_uuid = snapshot.table_uuid;
    column.schema = snapshot.schema;
    column.field = field.id;
    columns_.push_front(std::move(column));
    if (columns_.size() > kColumnCountMax) columns_.pop_back();
  } else {
    columns_.splice(columns_.begin(), columns_, found);
  }
  auto& column = columns_.front();
  Follow(context, snapshot, field, type, column);
  return column.statistics ? column.statistics->ToUnique() : nullptr;
}

}  // namespace icefall
