#include "sql/accel/top_files.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "duckdb/planner/operator/logical_top_n.hpp"

#include "sql/accel/scan_path.h"
#include "sql/accel/top_bound.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/column_bounds.h"
#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

using duckdb::LogicalOperatorType;
using duckdb::TableFilterType;

// So many files are tried first; the rows that are asked for are mostly in one.
constexpr size_t kFirstTryCount = 64;

// What a top-N itself finds while it runs.
bool IsOfTopN(const duckdb::TableFilter& filter) {
  if (filter.filter_type == TableFilterType::DYNAMIC_FILTER) return true;
  if (filter.filter_type != TableFilterType::OPTIONAL_FILTER) return false;
  const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
  return child != nullptr && IsOfTopN(*child);
}

// The bounds of files in the query's order: what is greater comes earlier.
class OrderedBounds {
 public:
  OrderedBounds(ColumnBoundsPointer bounds, bool descending)
      : bounds_(std::move(bounds)), descending_(descending) {}

  uint32_t size() const { return static_cast<uint32_t>(bounds_->size()); }
  // Whether rows are known to be between last() and first().
  bool IsKnown(uint32_t place) const {
    return bounds_->IsKnown(place) && !bounds_->IsNullOnly(place);
  }
  bool IsNullOnly(uint32_t place) const { return bounds_->IsNullOnly(place); }
  int64_t first(uint32_t place) const {
    return descending_ ? bounds_->upper(place) : ~bounds_->lower(place);
  }
  int64_t last(uint32_t place) const {
    return descending_ ? bounds_->lower(place) : ~bounds_->upper(place);
  }

 private:
  const ColumnBoundsPointer bounds_;
  const bool descending_;
};

class TopFiles {
 public:
  TopFiles(const FragmentList& list, const Field& field, OrderedBounds bounds)
      : snapshot_(list.target()->snapshot()), field_(field), bounds_(std::move(bounds)) {
    for (uint32_t place = 0; place < bounds_.size(); ++place) {
      if (bounds_.IsKnown(place)) ranked_.push_back(place);
    }
  }

  // In the snapshot's order; absent when all are needed.
  std::optional<std::vector<uint32_t>> Find(uint64_t row_count) {
    std::optional<int64_t> limit;
    for (size_t count = kFirstTryCount; !limit; count *= 16) {
      count = std::min(count, ranked_.size());
      limit = LimitBy(count, row_count);
      if (!limit && count == ranked_.size()) return std::nullopt;
    }
    std::vector<uint32_t> places;
    for (uint32_t place = 0; place < bounds_.size(); ++place) {
      if (bounds_.IsNullOnly(place)) continue;
      if (!bounds_.IsKnown(place) || bounds_.first(place) >= *limit) places.push_back(place);
    }
    return places.size() < bounds_.size() ? std::optional(std::move(places)) : std::nullopt;
  }

 private:
  // What `row_count` rows are not behind of, by the files whose last rows come earliest.
  std::optional<int64_t> LimitBy(size_t file_count, uint64_t row_count) {
    const auto comes_earlier = [&](uint32_t a, uint32_t b) {
      return bounds_.last(a) > bounds_.last(b);
    };
    const auto end = ranked_.begin() + static_cast<std::ptrdiff_t>(file_count);
    if (end != ranked_.end()) std::ranges::nth_element(ranked_, end, comes_earlier);
    std::sort(ranked_.begin(), end, comes_earlier);
    const auto row_counts = RowCounts({ranked_.begin(), end});
    uint64_t found = 0;
    for (size_t i = 0; i < file_count; ++i) {
      found += row_counts[i];
      if (found >= row_count) return bounds_.last(ranked_[i]);
    }
    return std::nullopt;
  }

  // Live rows that are surely not NULL, of the fragments at these places.
  std::vector<uint64_t> RowCounts(const std::vector<uint32_t>& places) const {
    std::vector<std::pair<uint32_t, size_t>> in_order;
    for (size_t i = 0; i < places.size(); ++i) in_order.emplace_back(places[i], i);
    std::ranges::sort(in_order);
    std::vector<uint64_t> counts(places.size());
    size_t next = 0;
    uint32_t place = 0;
    snapshot_.fragments.ForEachUntil([&](const FragmentPointer& fragment) {
      if (next < in_order.size() && in_order[next].first == place) {
        counts[in_order[next++].second] = RowCount(*fragment);
      }
      ++place;
      return next == in_order.size();
    });
    return counts;
  }

  uint64_t RowCount(const Fragment& fragment) const {
    const auto* known = StatisticsOfField(fragment, field_.id);
    if (known == nullptr || known->null_count >= fragment.live_count()) return 0;
    return fragment.live_count() - known->null_count;
  }

  const Snapshot& snapshot_;
  const Field& field_;
  const OrderedBounds bounds_;
  std::vector<uint32_t> ranked_;  // places of files whose bounds are known
};

// The stored column that the first order is by, where no filter leaves rows out; absent otherwise.
std::optional<size_t> OrderColumn(const ScanPath& path, const duckdb::BoundOrderByNode& order) {
  if (!path.Conditions().empty() || order.null_order != duckdb::OrderByNullType::NULLS_LAST) {
    return std::nullopt;
  }
  for (const auto& [column, filter] : path.get().table_filters.filters) {
    if (!IsOfTopN(*filter)) return std::nullopt;
  }
  const auto column = path.OverScan(*order.expression);
  if (column->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
    return std::nullopt;
  }
  const auto& reference = column->Cast<duckdb::BoundColumnRefExpression>();
  return path.FieldOf(reference) == nullptr ? std::nullopt : path.PositionOf(reference);
}

void KeepFiles(duckdb::ClientContext& context, const ScanPath& path, size_t column, bool descending,
               uint64_t row_count) {
  const auto& list = path.list();
  if (!list.is_all()) return;
  const auto& target = *list.target();
  const auto& field = target.entry->table_schema().fields[column];
  const auto& type = target.entry->GetColumn(duckdb::LogicalIndex(column)).Type();
  auto bounds = target.catalog.column_bounds().Get(context, target.snapshot(), field, type);
  if (bounds == nullptr) return;
  TopFiles files(list, field, OrderedBounds(std::move(bounds), descending));
  if (const auto places = files.Find(row_count)) {
    path.get().bind_data->Cast<duckdb::MultiFileBindData>().file_list = list.OnlyAt(*places);
  }
}

void KeepRows(const ScanPath& path, size_t column, bool descending, uint64_t row_count) {
  const auto bound = FindTopBound(path.list(), column, descending, row_count);
  if (!bound) return;
  const auto comparison = descending ? duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO
                                     : duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO;
  path.get().table_filters.PushFilter(
      duckdb::ColumnIndex(column), duckdb::make_uniq<duckdb::ConstantFilter>(comparison, *bound));
  if (auto rows = FindTopRows(path.list(), column, descending, *bound)) {
    path.get().bind_data->Cast<duckdb::MultiFileBindData>().file_list =
        path.list().OnlyRows(*std::move(rows));
  }
}

void Keep(duckdb::OptimizerExtensionInput& input, duckdb::LogicalTopN& top) {
  const auto& order = top.orders.front();
  const auto path = ScanPath::Find(*top.children.front());
  if (!path || top.limit > UINT32_MAX || top.offset > UINT32_MAX || top.limit == 0) return;
  const auto column = OrderColumn(*path, order);
  if (!column) return;
  const bool descending = order.type == duckdb::OrderType::DESCENDING;
  KeepFiles(input.context, *path, *column, descending, top.limit + top.offset);
  KeepRows(*path, *column, descending, top.limit + top.offset);
}

}  // namespace

void KeepTopFiles(duckdb::OptimizerExtensionInput& input, duckdb::LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_TOP_N)
    Keep(input, plan.Cast<duckdb::LogicalTopN>());
  for (const auto& child : plan.children) KeepTopFiles(input, *child);
}

}  // namespace icefall
