#include "sql/replica/ascending_filters.h"

#include <algorithm>
#include <ranges>

#include "duckdb/storage/table/row_group.hpp"
#include "duckdb/storage/table/row_group_segment_tree.hpp"

#include "sql/scan/stored_integer.h"

namespace icefall {
namespace {

constexpr uint64_t kVectorRows = STANDARD_VECTOR_SIZE;

// The first values of the vectors of a row group.
class FirstValues {
 public:
  FirstValues(duckdb::DuckTransaction& transaction, duckdb::RowGroup& group,
              duckdb::StorageIndex column, const duckdb::LogicalType& type)
      : transaction_(transaction), group_(group) {
    columns_.push_back(std::move(column));
    value_.Initialize(duckdb::Allocator::DefaultAllocator(), {type}, 1);
  }

  int64_t operator()(uint64_t vector) {
    duckdb::ColumnFetchState state;
    group_.FetchRow(duckdb::TransactionData(transaction_), state, columns_,
                    static_cast<duckdb::row_t>(vector * kVectorRows), value_, 0);
    return *StoredInteger(value_.data[0].GetValue(0));
  }

 private:
  duckdb::DuckTransaction& transaction_;
  duckdb::RowGroup& group_;
  duckdb::vector<duckdb::StorageIndex> columns_;
  duckdb::DataChunk value_;
};

// Statistics of the row group say that all of its rows pass.
bool IsPassed(duckdb::CollectionScanState& scan, const duckdb::StorageIndex& column) {
  return std::ranges::any_of(scan.GetFilterInfo().GetFilterList(), [&](const auto& filter) {
    return filter.table_column_index == column && filter.IsAlwaysTrue();
  });
}

struct VectorRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  // What the range of values leaves of ascending ones.
  void Narrow(const ValueRange& range, FirstValues& first) {
    if (range.lower > INT64_MIN) {
      const auto place = Find([&](uint64_t vector) { return first(vector) < range.lower; });
      // The vector before may end with values that are not less than the bound.
      if (place > begin) begin = place - 1;
    }
    if (range.upper < INT64_MAX) {
      end = Find([&](uint64_t vector) { return first(vector) <= range.upper; });
    }
  }

 private:
  // The first vector that is not `before`, as all behind it.
  template <typename Before>
  uint64_t Find(Before before) const {
    const auto vectors = std::views::iota(begin, end);
    const auto place = std::ranges::partition_point(vectors, before);
    return begin + static_cast<uint64_t>(place - vectors.begin());
  }
};

}  // namespace

AscendingFilters::AscendingFilters(const OpenReplica& replica,
                                   const duckdb::vector<duckdb::StorageIndex>& storage,
                                   duckdb::optional_ptr<const duckdb::TableFilterSet> filters) {
  if (!filters) return;
  for (const auto& [place, filter] : filters->filters) {
    if (storage[place].IsRowIdColumn() || storage[place].HasChildren()) continue;
    const auto column = storage[place].GetPrimaryIndex();
    const auto& rows = replica.ascending[column];
    if (!rows) continue;
    const auto& type = replica.layout.types[column];
    const auto range = ValueRange::Of(*filter, type);
    if (range) filters_.push_back({storage[place], type, *range, &*rows});
  }
}

bool AscendingFilters::Narrow(duckdb::DuckTransaction& transaction,
                              duckdb::CollectionScanState& scan) const {
  if (filters_.empty()) return true;
  auto& node = *scan.row_group;
  const uint64_t start = node.GetRowStart();
  const uint64_t row_count = scan.max_row_group_row;
  const uint64_t vector_count = (row_count + kVectorRows - 1) / kVectorRows;
  VectorRange vectors{0, vector_count};
  for (const auto& filter : filters_) {
    if (IsPassed(scan, filter.column)) continue;
    if (!filter.rows->Ascends(start, start + row_count)) continue;
    FirstValues first(transaction, node.GetNode(), filter.column, filter.type);
    vectors.Narrow(filter.range, first);
    if (vectors.begin >= vectors.end) return false;
  }
  if (vectors.begin == 0 && vectors.end == vector_count) return true;
  scan.max_row = std::min<uint64_t>(scan.max_row, start + vectors.end * kVectorRows);
  return node.GetNode().InitializeScanWithOffset(scan, node, vectors.begin);
}

}  // namespace icefall
