#include "sql/accel/live_extremes.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"

#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"
#include "table/positions.h"

namespace icefall {
namespace {

// So many deletes of the extreme itself pass before the file is read again.
constexpr size_t kRowCountMax = 64;
constexpr uint64_t kSampleCount = 4;
constexpr uint64_t kSampleRows = STANDARD_VECTOR_SIZE;
// Of the values of the sample, how many the search goes back to, the extreme one being the first.
constexpr size_t kSampleRank = 16;

enum class ColumnEnd : uint8_t { kSmallest, kLargest };

// Keeps the most extreme rows of those that it is shown.
class Collector {
 public:
  Collector(ColumnEnd end, size_t count_max, const DeletionVector* deletes)
      : end_(end), count_max_(count_max), deletes_(deletes) {}

  // A column of values and one of positions, both flat.
  void Add(duckdb::DataChunk& chunk) {
    duckdb::SelectionVector selection(chunk.size());
    duckdb::idx_t count = chunk.size();
    if (limit_) {
      duckdb::Vector limit(*limit_);
      auto& values = chunk.data[0];
      count = end_ == ColumnEnd::kSmallest
                  ? duckdb::VectorOperations::LessThan(values, limit, nullptr, count, &selection,
                                                       nullptr)
                  : duckdb::VectorOperations::GreaterThan(values, limit, nullptr, count, &selection,
                                                          nullptr);
    } else {
      for (duckdb::idx_t i = 0; i < count; ++i) selection.set_index(i, i);
    }
    const auto* positions = duckdb::FlatVector::GetData<int64_t>(chunk.data[1]);
    for (duckdb::idx_t i = 0; i < count; ++i) {
      const auto row = selection.get_index(i);
      const auto position = static_cast<uint64_t>(positions[row]);
      if (deletes_ != nullptr && deletes_->Contains(position)) continue;
      auto value = chunk.data[0].GetValue(row);
      if (value.IsNull() || (limit_ && !IsBefore(value, *limit_))) continue;
      rows_.push_back({std::move(value), position});
      if (rows_.size() == 2 * count_max_) Shrink();
    }
  }

  std::vector<LiveExtremes::Row> Take() {
    Shrink();
    return std::move(rows_);
  }

 private:
  bool IsBefore(const duckdb::Value& a, const duckdb::Value& b) const {
    return end_ == ColumnEnd::kSmallest ? a < b : b < a;
  }

  void Shrink() {
    std::ranges::sort(rows_,
                      [&](const auto& a, const auto& b) { return IsBefore(a.value, b.value); });
    if (rows_.size() < count_max_) return;
    rows_.resize(count_max_);
    limit_ = rows_.back().value;
  }

  const ColumnEnd end_;
  const size_t count_max_;
  const DeletionVector* const deletes_;
  std::optional<duckdb::Value> limit_;  // rows that are not before it are of no use
  std::vector<LiveExtremes::Row> rows_;
};

void ForEachChunk(duckdb::ClientContext& context, RowScanner& scanner,
                  const std::function<void(duckdb::DataChunk&)>& visit) {
  duckdb::DataChunk chunk;
  chunk.Initialize(context, scanner.types());
  while (scanner.Next(chunk)) {
    chunk.Flatten();
    visit(chunk);
  }
}

bool IsNan(const duckdb::Value& value) {
  const auto id = value.type().id();
  return (id == duckdb::LogicalTypeId::FLOAT && duckdb::Value::IsNan(value.GetValue<float>())) ||
         (id == duckdb::LogicalTypeId::DOUBLE && duckdb::Value::IsNan(value.GetValue<double>()));
}

struct Sample {
  std::vector<LiveExtremes::Row> smallest;
  std::vector<LiveExtremes::Row> largest;
};

Sample TakeSample(duckdb::ClientContext& context, const TableEntryPointer& file,
                  const Fragment& fragment, size_t column) {
  Collector smallest(ColumnEnd::kSmallest, kSampleRank, fragment.deletes.get());
  Collector largest(ColumnEnd::kLargest, kSampleRank, fragment.deletes.get());
  for (uint64_t i = 0; i < kSampleCount; ++i) {
    const uint64_t begin = fragment.row_count * i / kSampleCount;
    RowScanner scanner(context, file, {column}, PositionRange{begin, begin + kSampleRows});
    ForEachChunk(context, scanner, [&](duckdb::DataChunk& chunk) {
      smallest.Add(chunk);
      largest.Add(chunk);
    });
  }
  return {smallest.Take(), largest.Take()};
}

// The rows of the file that are as extreme as those of the sample, or more; all when there is none.
std::vector<LiveExtremes::Row> Search(duckdb::ClientContext& context, const TableEntryPointer& file,
                                      const DeletionVector* deletes, size_t column, ColumnEnd end,
                                      const std::vector<LiveExtremes::Row>& sample) {
  duckdb::unique_ptr<duckdb::TableFilterSet> filters;
  if (!sample.empty()) {
    filters = duckdb::make_uniq<duckdb::TableFilterSet>();
    filters->filters[0] = duckdb::make_uniq<duckdb::ConstantFilter>(
        end == ColumnEnd::kSmallest ? duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO
                                    : duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO,
        sample.back().value);
  }
  Collector collector(end, kRowCountMax, deletes);
  RowScanner scanner(context, file, {column, kPositionColumn}, std::move(filters));
  ForEachChunk(context, scanner, [&](duckdb::DataChunk& chunk) { collector.Add(chunk); });
  return collector.Take();
}

std::optional<duckdb::Value> FirstLive(const std::vector<LiveExtremes::Row>& rows,
                                       const DeletionVector* then, const DeletionVector* now) {
  if (then != nullptr && then != now) {
    if (now == nullptr || !Difference(*then, *now).empty()) return std::nullopt;
  }
  const auto live = std::ranges::find_if(rows, [&](const LiveExtremes::Row& row) {
    return now == nullptr || !now->Contains(row.position);
  });
  return live == rows.end() ? std::nullopt : std::optional(live->value);
}

}  // namespace

std::optional<duckdb::Value> LiveExtremes::Minimum(const DeletionVector* now) const {
  return FirstLive(smallest, deletes.get(), now);
}

std::optional<duckdb::Value> LiveExtremes::Maximum(const DeletionVector* now) const {
  return FirstLive(largest, deletes.get(), now);
}

LiveExtremesPointer FindLiveExtremes(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                     const FragmentPointer& fragment, size_t column) {
  const auto file = OnlyFileOf(table, fragment);
  const auto* deletes = fragment->deletes.get();
  Sample sample;
  if (fragment->row_count > kSampleCount * kSampleRows) {
    sample = TakeSample(context, file, *fragment, column);
    if (sample.smallest.empty() || IsNan(sample.smallest.back().value) ||
        IsNan(sample.largest.back().value)) {
      return nullptr;
    }
  }
  auto found = std::make_shared<LiveExtremes>();
  found->deletes = fragment->deletes;
  found->smallest = Search(context, file, deletes, column, ColumnEnd::kSmallest, sample.smallest);
  found->largest = Search(context, file, deletes, column, ColumnEnd::kLargest, sample.largest);
  return found;
}

}  // namespace icefall
