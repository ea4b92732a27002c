#include "sql/accel/bound_holders.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"

#include "sql/icefall_catalog.h"
#include "sql/scan/fragment_statistics.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

// A bound that more rows hold than this survives most deletes by the first ones.
constexpr size_t kHolderCountMax = 256;

// Row groups whose statistics show that they lack the bound are not read.
std::vector<uint64_t> FindHolders(duckdb::ClientContext& context, const TableEntryPointer& file,
                                  size_t column, const std::optional<duckdb::Value>& bound) {
  std::vector<uint64_t> holders;
  if (!bound) return holders;
  auto filters = duckdb::make_uniq<duckdb::TableFilterSet>();
  filters->filters[0] =
      duckdb::make_uniq<duckdb::ConstantFilter>(duckdb::ExpressionType::COMPARE_EQUAL, *bound);
  RowScanner scanner(context, file, {column, kPositionColumn}, std::move(filters));
  duckdb::DataChunk rows;
  rows.Initialize(context, scanner.types());
  duckdb::Vector constant(*bound);
  duckdb::SelectionVector equal(STANDARD_VECTOR_SIZE);
  while (holders.size() < kHolderCountMax && scanner.Next(rows)) {
    rows.Flatten();
    // A scan may leave filters to whoever reads it.
    const auto count = duckdb::VectorOperations::Equals(rows.data[0], constant, nullptr,
                                                        rows.size(), &equal, nullptr);
    const auto* positions = duckdb::FlatVector::GetData<int64_t>(rows.data[1]);
    for (size_t i = 0; i < count && holders.size() < kHolderCountMax; ++i) {
      holders.push_back(static_cast<uint64_t>(positions[equal.get_index(i)]));
    }
  }
  return holders;
}

bool StaysExact(bool was_exact, const std::vector<uint64_t>* holders,
                const DeletionVector& deleted) {
  return was_exact && holders != nullptr && !holders->empty() &&
         std::ranges::none_of(*holders, [&](uint64_t p) { return deleted.Contains(p); });
}

}  // namespace

BoundHoldersPointer FindBoundHolders(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                     const FragmentPointer& fragment, size_t column) {
  const auto* known = StatisticsOfField(*fragment, table.table_schema().fields[column].id);
  const auto& type = table.GetColumn(duckdb::LogicalIndex(column)).Type();
  if (known == nullptr) return nullptr;
  const auto lower = ParseBound(known->lower_bound, type);
  const auto upper = ParseBound(known->upper_bound, type);
  if (!lower && !upper) return nullptr;
  auto holders = std::make_shared<BoundHolders>();
  const auto file = OnlyFileOf(table, fragment);
  // One after the other: an OR of two comparisons answers its rows out of order, in which DuckDB's
  // Parquet reader loses some.
  holders->lower = FindHolders(context, file, column, lower);
  holders->upper = FindHolders(context, file, column, upper);
  auto& catalog = table.schema.catalog.Cast<IcefallCatalog>();
  catalog.bound_holders().Put(fragment->path, known->field, holders);
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
