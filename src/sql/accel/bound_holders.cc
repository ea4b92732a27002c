#include "sql/accel/bound_holders.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"

#include "sql/scan/fragment_statistics.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

// A bound that more rows hold than this survives most deletes by the first ones.
constexpr size_t kHolderCountMax = 256;
constexpr size_t kEntryCountMax = 16'384;

// Adds the positions of the rows whose value is `bound`.
void Collect(duckdb::DataChunk& rows, const std::optional<duckdb::Value>& bound,
             std::vector<uint64_t>& holders) {
  if (!bound || holders.size() >= kHolderCountMax) return;
  duckdb::Vector constant(*bound);
  duckdb::SelectionVector equal(rows.size());
  const auto count = duckdb::VectorOperations::Equals(rows.data[0], constant, nullptr, rows.size(),
                                                      &equal, nullptr);
  const auto* positions = duckdb::FlatVector::GetData<int64_t>(rows.data[1]);
  for (size_t i = 0; i < count && holders.size() < kHolderCountMax; ++i) {
    holders.push_back(static_cast<uint64_t>(positions[equal.get_index(i)]));
  }
}

void CollectNulls(duckdb::DataChunk& rows, DeletionVector& nulls) {
  const auto& validity = duckdb::FlatVector::Validity(rows.data[0]);
  if (validity.AllValid()) return;
  const auto* positions = duckdb::FlatVector::GetData<int64_t>(rows.data[1]);
  std::vector<uint64_t> found;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (!validity.RowIsValid(row)) found.push_back(static_cast<uint64_t>(positions[row]));
  }
  nulls.AddMany(found);
}

// Row groups whose statistics show that they have neither bound are not read then.
duckdb::unique_ptr<duckdb::TableFilterSet> OnlyBounds(const std::optional<duckdb::Value>& lower,
                                                      const std::optional<duckdb::Value>& upper) {
  auto either = duckdb::make_uniq<duckdb::ConjunctionOrFilter>();
  for (const auto* bound : {&lower, &upper}) {
    if (!*bound) continue;
    either->child_filters.push_back(
        duckdb::make_uniq<duckdb::ConstantFilter>(duckdb::ExpressionType::COMPARE_EQUAL, **bound));
  }
  auto filters = duckdb::make_uniq<duckdb::TableFilterSet>();
  filters->filters[0] = std::move(either);
  return filters;
}

bool StaysExact(bool was_exact, const std::vector<uint64_t>* holders,
                const DeletionVector& deleted) {
  return was_exact && holders != nullptr && !holders->empty() &&
         std::ranges::none_of(*holders, [&](uint64_t p) { return deleted.Contains(p); });
}

}  // namespace

BoundHoldersPointer BoundHolderCache::Find(const std::string& path, FieldId field) {
  const std::lock_guard lock(mutex_);
  const auto found = holders_.find({path, field});
  return found == holders_.end() ? nullptr : found->second;
}

void BoundHolderCache::Put(const std::string& path, FieldId field, BoundHoldersPointer holders) {
  const std::lock_guard lock(mutex_);
  if (holders_.size() >= kEntryCountMax) holders_.clear();
  holders_[{path, field}] = std::move(holders);
}

BoundHoldersPointer FindBoundHolders(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                     const FragmentPointer& fragment, size_t column) {
  const auto* known = StatisticsOfField(*fragment, table.table_schema().fields[column].id);
  const auto& type = table.GetColumn(duckdb::LogicalIndex(column)).Type();
  if (known == nullptr) return nullptr;
  const auto lower = ParseBound(known->lower_bound, type);
  const auto upper = ParseBound(known->upper_bound, type);
  if (!lower && !upper && known->null_count == 0) return nullptr;
  auto holders = std::make_shared<BoundHolders>();
  RowScanner scanner(context, OnlyFileOf(table, fragment), {column, kPositionColumn},
                     known->null_count == 0 ? OnlyBounds(lower, upper) : nullptr);
  duckdb::DataChunk rows;
  rows.Initialize(context, scanner.types());
  const auto is_enough = [&] {
    return (!lower || holders->lower.size() == kHolderCountMax) &&
           (!upper || holders->upper.size() == kHolderCountMax) &&
           holders->nulls.cardinality() == known->null_count;
  };
  while (!is_enough() && scanner.Next(rows)) {
    rows.Flatten();
    Collect(rows, lower, holders->lower);
    Collect(rows, upper, holders->upper);
    CollectNulls(rows, holders->nulls);
  }
  return holders;
}

ColumnStatistics StatisticsWithout(const ColumnStatistics& before, const BoundHolders* holders,
                                   const DeletionVector& deleted) {
  ColumnStatistics after = before;
  after.lower_is_exact =
      StaysExact(before.lower_is_exact, holders ? &holders->lower : nullptr, deleted);
  after.upper_is_exact =
      StaysExact(before.upper_is_exact, holders ? &holders->upper : nullptr, deleted);
  return after;
}

}  // namespace icefall
