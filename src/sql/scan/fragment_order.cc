#include "sql/scan/fragment_order.h"

#include <algorithm>
#include <utility>

#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

struct RankedFile {
  duckdb::Value key;
  ScanFile file;
};

template <typename T>
void DropFront(std::vector<T>& values, size_t count) {
  values.erase(values.begin(),
               values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size())));
}

}  // namespace

std::vector<ScanFile> OrderFiles(const ScanTarget& target, std::vector<ScanFile> files,
                                 const duckdb::RowGroupOrderOptions& options) {
  const auto& definition = target.entry->definition();
  if (options.column_idx.HasChildren()) return files;
  const auto& field =
      definition.schema->fields[definition.stored_fields[options.column_idx.GetPrimaryIndex()]];
  const auto& type = definition.stored_types[options.column_idx.GetPrimaryIndex()];

  std::vector<ScanFile> unknown;  // could hold any value: first, they are needed anyhow
  std::vector<ScanFile> null_only;
  std::vector<RankedFile> ranked;
  for (auto& file : files) {
    auto stats = file.is_inline() ? nullptr
                                  : FragmentStatistics(*target.context, target.snapshot(),
                                                       *file.fragment, field, type);
    if (stats && !stats->CanHaveNoNull()) {
      null_only.push_back(std::move(file));
      continue;
    }
    duckdb::Value key;
    if (stats) {
      key = duckdb::RowGroupReorderer::RetrieveStat(*stats, options.order_by, options.column_type);
    }
    if (key.IsNull()) {
      unknown.push_back(std::move(file));
    } else {
      ranked.push_back({std::move(key), std::move(file)});
    }
  }
  // Equal keys in the order that DuckDB counted them in: kept ascending, turned round descending.
  std::ranges::stable_sort(ranked,
                           [](const RankedFile& a, const RankedFile& b) { return a.key < b.key; });
  if (options.order_type == duckdb::OrderType::DESCENDING) std::ranges::reverse(ranked);

  // What DuckDB took off the OFFSET, see RowGroupReorderer::GetOffsetAfterPruning.
  DropFront(ranked, options.row_group_offset);
  DropFront(null_only, options.leading_null_group_offset);
  const bool nulls_first = options.null_order == duckdb::OrderByNullType::NULLS_FIRST;
  std::vector<ScanFile> result = std::move(unknown);
  if (nulls_first) result.insert(result.end(), null_only.begin(), null_only.end());
  for (auto& file : ranked) result.push_back(std::move(file.file));
  if (!nulls_first) result.insert(result.end(), null_only.begin(), null_only.end());
  return result;
}

}  // namespace icefall
