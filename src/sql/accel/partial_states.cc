#include "sql/accel/partial_states.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

// Of one file with one set of filters.
constexpr size_t kFamiliesMax = 16;
constexpr size_t kQueryKindsMax = 4096;

uint64_t Mix(uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9;
  value ^= value >> 27;
  value *= 0x94d049bb133111eb;
  return value ^ value >> 31;
}

// Where the wanted columns are; absent unless all are there.
std::optional<std::vector<size_t>> ColumnsOf(const StateShape& wanted, const StateShape& kept) {
  std::vector<size_t> columns;
  const auto add = [&](const std::vector<std::string>& names, const std::vector<std::string>& from,
                       size_t offset) {
    return std::ranges::all_of(names, [&](const std::string& name) {
      const auto found = std::ranges::find(from, name);
      columns.push_back(offset + static_cast<size_t>(found - from.begin()));
      return found != from.end();
    });
  };
  if (!add(wanted.keys, kept.keys, 0) || !add(wanted.states, kept.states, kept.keys.size())) {
    return std::nullopt;
  }
  return columns;
}

}  // namespace

std::vector<DeletedRows> DeletedRowsOfUnits(uint64_t row_count, const DeletionVector* deletes) {
  std::vector<DeletedRows> units((row_count + kUnitRows - 1) / kUnitRows);
  if (deletes == nullptr) return units;
  deletes->ForEach([&](uint64_t position) {
    if (position >= row_count) return false;
    auto& unit = units[position / kUnitRows];
    ++unit.count;
    unit.hash_low = Mix(unit.hash_low + position + 0x9e3779b97f4a7c15);
    unit.hash_high = Mix(unit.hash_high ^ (position * 0xd1342543de82ef95 + 1));
    return true;
  });
  return units;
}

std::vector<std::optional<StatePart>> PartialStates::Find(const std::string& key,
                                                          const StateShape& wanted,
                                                          const std::vector<DeletedRows>& units) {
  std::vector<std::optional<StatePart>> result(units.size());
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    for (const auto& family : found->second->families) {
      const auto columns = ColumnsOf(wanted, family.shape);
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
  for (const auto& part : result) ++(part ? counters_.hits : counters_.misses);
  return result;
}

void PartialStates::Put(const std::string& key, const StateShape& shape, size_t unit,
                        const DeletedRows& deleted, StateRowsPointer rows, uint64_t budget_bytes) {
  const std::lock_guard lock(mutex_);
  if (rows->size_bytes > budget_bytes) return;
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    order_.push_front({key, {}, 0});
    found = by_key_.emplace(key, order_.begin()).first;
  }
  auto& entry = *found->second;
  auto family = std::ranges::find(entry.families, shape, &StateFamily::shape);
  const auto forget = [&](const StateRowsPointer& old) {
    if (old == nullptr) return;
    entry.size_bytes -= old->size_bytes;
    counters_.size_bytes -= old->size_bytes;
    --counters_.units;
  };
  if (family == entry.families.end()) {
    if (entry.families.size() == kFamiliesMax) {
      for (const auto& unit_of_old : entry.families.front().units) {
        for (const auto& version : unit_of_old) forget(version.rows);
      }
      entry.families.erase(entry.families.begin());
    }
    entry.families.push_back({shape, {}});
    family = std::prev(entry.families.end());
  }
  if (family->units.size() <= unit) family->units.resize(unit + 1);
  auto& [newest, older] = family->units[unit];
  if (newest.deleted != deleted) std::swap(newest, older);
  forget(newest.rows);
  entry.size_bytes += rows->size_bytes;
  counters_.size_bytes += rows->size_bytes;
  ++counters_.units;
  newest = {deleted, std::move(rows)};
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
  const std::lock_guard lock(mutex_);
  queries_.clear();
  by_key_.clear();
  order_.clear();
  counters_.units = 0;
  counters_.size_bytes = 0;
}

PartialStatesCounters PartialStates::counters() {
  const std::lock_guard lock(mutex_);
  auto result = counters_;
  result.entries = order_.size();
  return result;
}

}  // namespace icefall
