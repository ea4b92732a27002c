#include "sql/scan/merged_statistics.h"

#include <utility>
#include <vector>

#include "sql/scan/fragment_statistics.h"

namespace icefall {
void MergedStatisticsCache::Follow(duckdb::ClientContext& context, const Snapshot& snapshot,
                                   const Field& field, const duckdb::LogicalType& type,
                                   Column& column) {
  std::vector<FragmentPointer> added;
  bool has_gone = false;
  FragmentSet::Diff(
      column.fragments, snapshot.fragments,
      [&](const FragmentPointer& before, const FragmentPointer& after) {
        if (before != nullptr && after != nullptr && HasSameStatistics(*before, *after, field.id)) {
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
  auto& column = columns_.Of(snapshot, field.id);
  Follow(context, snapshot, field, type, column);
  return column.statistics ? column.statistics->ToUnique() : nullptr;
}

}  // namespace icefall
