#include "sql/accel/noted_bounds.h"

#include <utility>

#include "sql/accel/facts_files.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

// The first of these rows that hold the bound.
std::vector<uint64_t> HoldersAmong(const std::vector<LiveExtremes::Row>& rows,
                                   const std::optional<duckdb::Value>& bound) {
  std::vector<uint64_t> holders;
  for (const auto& row : rows) {
    if (bound && row.value == *bound) holders.push_back(row.position);
  }
  return holders;
}

}  // namespace

BoundHoldersPointer KnownBoundHolders(const IcefallTableEntry& table,
                                      const FragmentPointer& fragment, size_t column) {
  const auto field = table.table_schema().fields[column].id;
  const auto& type = table.GetColumn(duckdb::LogicalIndex(column)).Type();
  auto& catalog = table.schema.catalog.Cast<IcefallCatalog>();
  if (auto known = catalog.bound_holders().Find(fragment->path, field)) return *known;
  const auto facts = catalog.facts_files().Get(table.uuid(), *fragment);
  const auto* statistics = StatisticsOfField(*fragment, field);
  if (facts == nullptr || statistics == nullptr) return nullptr;
  auto noted = facts->ReadExtremes(field, type);
  if (!noted) return nullptr;
  auto extremes = std::make_shared<LiveExtremes>();
  extremes->smallest = std::move(noted->smallest);
  extremes->largest = std::move(noted->largest);
  auto holders = std::make_shared<BoundHolders>();
  holders->lower = HoldersAmong(extremes->smallest, ParseBound(statistics->lower_bound, type));
  holders->upper = HoldersAmong(extremes->largest, ParseBound(statistics->upper_bound, type));
  holders->extremes = std::move(extremes);
  catalog.bound_holders().Put(fragment->path, field, holders);
  return holders;
}

}  // namespace icefall
