#include "sql/accel/live_extremes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"

#include "sql/scan/fragment_statistics.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/stored_integer.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"
#include "table/positions.h"

namespace icefall {
namespace {

// So many deletes of the extreme itself pass before the file is read again.
constexpr size_t kRowCountMax = 64;
// The parts of the range of values that are looked at one after the other, until there are rows.
constexpr std::array<double, 2> kShares = {1.0 / 64, 1.0 / 8};
// Smaller files are read whole.
constexpr uint64_t kRowsInPartsMin = 16'384;

enum class ColumnEnd : uint8_t { kSmallest, kLargest };

// Keeps the most extreme rows of those that it is shown.
class Collector {
 public:
  Collector(ColumnEnd end, const DeletionVector* deletes) : end_(end), deletes_(deletes) {}

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
      if (rows_.size() == 2 * kRowCountMax) Shrink();
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
    if (rows_.size() < kRowCountMax) return;
    rows_.resize(kRowCountMax);
    limit_ = rows_.back().value;
  }

  const ColumnEnd end_;
  const DeletionVector* const deletes_;
  std::optional<duckdb::Value> limit_;  // rows that are not before it are of no use
  std::vector<LiveExtremes::Row> rows_;
};

std::optional<double> NumberOf(const duckdb::Value& value) {
  switch (value.type().InternalType()) {
    case duckdb::PhysicalType::FLOAT:
      return value.GetValueUnsafe<float>();
    case duckdb::PhysicalType::DOUBLE:
      return value.GetValueUnsafe<double>();
    default:
      return StoredInteger(value);
  }
}

// A value of the type near `number`; absent of types that have none.
std::optional<duckdb::Value> ValueNear(double number, const duckdb::LogicalType& type) {
  constexpr double kSafeMax = 9e18;
  if (type.id() == duckdb::LogicalTypeId::FLOAT) {
    return duckdb::Value::FLOAT(static_cast<float>(number));
  }
  if (type.id() == duckdb::LogicalTypeId::DOUBLE) return duckdb::Value::DOUBLE(number);
  const bool is_integer = type.IsIntegral() || type.id() == duckdb::LogicalTypeId::DATE ||
                          type.id() == duckdb::LogicalTypeId::TIMESTAMP ||
                          type.id() == duckdb::LogicalTypeId::TIMESTAMP_TZ;
  if (!is_integer || !(std::abs(number) < kSafeMax)) return std::nullopt;
  return duckdb::Value::Numeric(type, static_cast<int64_t>(number));
}

// Where the values of a column lie, as numbers.
struct Width {
  double lower = 0;
  double upper = 0;
};

// Absent where the type or the bounds tell none.
std::optional<Width> WidthOf(const Fragment& fragment, FieldId field,
                             const duckdb::LogicalType& type) {
  const auto* known = StatisticsOfField(fragment, field);
  if (known == nullptr) return std::nullopt;
  const auto lower_bound = ParseBound(known->lower_bound, type);
  const auto upper_bound = ParseBound(known->upper_bound, type);
  if (!lower_bound || !upper_bound) return std::nullopt;
  const auto lower = NumberOf(*lower_bound);
  const auto upper = NumberOf(*upper_bound);
  return lower && upper ? std::optional(Width{*lower, *upper}) : std::nullopt;
}

// Row groups whose statistics show that they have nothing in the part are not read then. Null where
// the type tells no part.
duckdb::unique_ptr<duckdb::TableFilterSet> OnlyPart(const Width& width,
                                                    const duckdb::LogicalType& type, ColumnEnd end,
                                                    double share) {
  const double part = (width.upper - width.lower) * share;
  const bool is_smallest = end == ColumnEnd::kSmallest;
  const auto limit = ValueNear(is_smallest ? width.lower + part : width.upper - part, type);
  if (!limit) return nullptr;
  auto filters = duckdb::make_uniq<duckdb::TableFilterSet>();
  filters->filters[0] = duckdb::make_uniq<duckdb::ConstantFilter>(
      is_smallest ? duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO
                  : duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO,
      *limit);
  return filters;
}

std::vector<LiveExtremes::Row> Search(duckdb::ClientContext& context, const TableEntryPointer& file,
                                      const Fragment& fragment, size_t column, ColumnEnd end) {
  const auto read = [&](duckdb::unique_ptr<duckdb::TableFilterSet> filters) {
    Collector collector(end, fragment.deletes.get());
    RowScanner scanner(context, file, {column, kPositionColumn}, std::move(filters));
    duckdb::DataChunk chunk;
    chunk.Initialize(context, scanner.types());
    while (scanner.Next(chunk)) {
      chunk.Flatten();
      collector.Add(chunk);
    }
    return collector.Take();
  };
  const auto& type = file->GetColumn(duckdb::LogicalIndex(column)).Type();
  const auto width = WidthOf(fragment, file->table_schema().fields[column].id, type);
  for (const double share : kShares) {
    if (!width || fragment.row_count < kRowsInPartsMin) break;
    auto filters = OnlyPart(*width, type, end, share);
    if (filters == nullptr) break;
    if (auto rows = read(std::move(filters)); !rows.empty()) return rows;
  }
  return read(nullptr);
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
  auto found = std::make_shared<LiveExtremes>();
  found->deletes = fragment->deletes;
  found->smallest = Search(context, file, *fragment, column, ColumnEnd::kSmallest);
  found->largest = Search(context, file, *fragment, column, ColumnEnd::kLargest);
  return found;
}

}  // namespace icefall
