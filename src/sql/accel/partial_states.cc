#include "sql/accel/partial_states.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

// Of one file with one set of filters.
constexpr size_t kFamiliesMax = 16;
constexpr size_t kQueryKindsMax = 4096;

}  // namespace

void PartialStates::FindInMemory(const WantedStates& wanted, const std::vector<DeletedRows>& units,
                                 std::vector<std::optional<StatePart>>& result) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(wanted.key);
  if (found == by_key_.end()) return;
  order_.splice(order_.begin(), order_, found->second);
  for (const auto& family : found->second->families) {
    const auto columns = ColumnsOf(wanted.shape, family.shape);
    if (!columns) continue;
    for (size_t i = 0; i < std::min(units.size(), family.units.size()); ++i) {
      const auto version = std::ranges::find_if(family.units[i], [&](const auto& kept) {
        return kept.rows != nullptr && kept.deleted == units[i];
      });
      if (version == family.units[i].end()) continue;
      // Of a finer grouping there are more rows.
      if (result[i] && result[i]->rows->row_count <= version->rows->row_count) continue;
      result[i] = StatePart{version->rows, *columns};
    }
  }
}

std::vector<std::optional<StatePart>> PartialStates::Find(const WantedStates& wanted,
                                                          const std::vector<DeletedRows>& units,
                                                          uint64_t budget_bytes) {
  std::vector<std::optional<StatePart>> result(units.size());
  FindInMemory(wanted, units, result);
  uint64_t hits = 0;
  StateAddress address{wanted.key, nullptr, 0, {}};
  for (size_t unit = 0; unit < units.size(); ++unit) {
    if (!result[unit] && files_.enabled()) {
      if (address.shape == nullptr) {
        address.shape = std::make_shared<const StateShape>(wanted.shape);
      }
      address.unit = unit;
      address.deleted = units[unit];
      if (auto found = files_.Find(wanted.table_uuid, address, wanted.types)) {
        const auto& shape = *found->address.shape;
        Put(wanted.key, shape, unit, units[unit], found->rows, budget_bytes);
        result[unit] = StatePart{std::move(found->rows), *ColumnsOf(wanted.shape, shape)};
      }
    }
    if (result[unit]) ++hits;
  }
  const std::lock_guard lock(mutex_);
  counters_.hits += hits;
  counters_.misses += units.size() - hits;
  return result;
}

std::optional<EarlierStates> PartialStates::FindEarlier(const WantedStates& wanted, size_t unit,
                                                        const DeletedRows& deleted,
                                                        uint64_t removed_max) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(wanted.key);
  if (found == by_key_.end()) return std::nullopt;
  std::optional<EarlierStates> result;
  for (const auto& family : found->second->families) {
    const auto columns = ColumnsOf(wanted.shape, family.shape);
    // By finer keys, there is no telling which of them a row had.
    if (!columns || family.shape.keys.size() != wanted.shape.keys.size() ||
        family.units.size() <= unit) {
      continue;
    }
    for (const auto& version : family.units[unit]) {
      if (version.rows == nullptr) continue;
      auto removed = DeletedSince(unit, version.deleted, deleted, removed_max);
      if (!removed || (result && result->removed.size() <= removed->size())) continue;
      result = EarlierStates{{version.rows, *columns}, *std::move(removed)};
    }
  }
  return result;
}

void PartialStates::Put(const std::string& key, const StateShape& shape, size_t unit,
                        const DeletedRows& deleted, StateRowsPointer rows, uint64_t budget_bytes) {
  const std::lock_guard lock(mutex_);
  StateFamily::Version version{deleted, std::move(rows)};
  if (version.size_bytes() > budget_bytes) return;
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    order_.push_front({key, {}, 0});
    found = by_key_.emplace(key, order_.begin()).first;
  }
  auto& entry = *found->second;
  auto family = std::ranges::find(entry.families, shape, &StateFamily::shape);
  const auto forget = [&](const StateFamily::Version& old) {
    if (old.rows == nullptr) return;
    entry.size_bytes -= old.size_bytes();
    counters_.size_bytes -= old.size_bytes();
    --counters_.units;
  };
  if (family == entry.families.end()) {
    if (entry.families.size() == kFamiliesMax) {
      for (const auto& unit_of_old : entry.families.front().units) {
        for (const auto& old : unit_of_old) forget(old);
      }
      entry.families.erase(entry.families.begin());
    }
    entry.families.push_back({shape, {}});
    family = std::prev(entry.families.end());
  }
  if (family->units.size() <= unit) family->units.resize(unit + 1);
  auto& [newest, older] = family->units[unit];
  if (newest.deleted != deleted) std::swap(newest, older);
  forget(newest);
  entry.size_bytes += version.size_bytes();
  counters_.size_bytes += version.size_bytes();
  ++counters_.units;
  newest = std::move(version);
  order_.splice(order_.begin(), order_, found->second);
  EvictLocked(budget_bytes);
}

void PartialStates::EvictLocked(uint64_t budget_bytes) {
  while (counters_.size_bytes > budget_bytes && !order_.empty()) {
    const auto& last = order_.back();
    counters_.size_bytes -= last.size_bytes;
    for (const auto& family : last.families) {
      for (const auto& [newest, older] : family.units) {
        counters_.units -= (newest.rows != nullptr ? 1 : 0) + (older.rows != nullptr ? 1 : 0);
      }
    }
    ++counters_.evicted;
    by_key_.erase(last.key);
    order_.pop_back();
  }
}

uint64_t PartialStates::CountQuery(const std::string& kind) {
  const std::lock_guard lock(mutex_);
  if (queries_.size() == kQueryKindsMax && !queries_.contains(kind)) queries_.clear();
  return ++queries_[kind];
}

void PartialStates::Clear() {
  files_.Clear();
  deleted_.Clear();
  const std::lock_guard lock(mutex_);
  queries_.clear();
  by_key_.clear();
  order_.clear();
  counters_.units = 0;
  counters_.size_bytes = 0;
}

PartialStatesCounters PartialStates::counters() {
  const auto files = files_.counters();
  const std::lock_guard lock(mutex_);
  auto result = counters_;
  result.entries = order_.size();
  result.deleted_bytes = deleted_.size_bytes();
  result.files = files;
  return result;
}

}  // namespace icefall
