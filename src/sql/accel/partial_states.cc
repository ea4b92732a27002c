#include "sql/accel/partial_states.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

// Of one file with one set of filters.
constexpr size_t kFamiliesMax = 16;
constexpr size_t kQueryKindsMax = 4096;

// What answers the query at places from `first` on.
void FindIn(const std::vector<StateFamily>& families, const StateShape& wanted, size_t first,
            std::span<const DeletedRows> deleted, std::vector<std::optional<StatePart>>& result) {
  for (const auto& family : families) {
    if (family.places.size() <= first) continue;
    const auto columns = ColumnsOf(wanted, family.shape);
    if (!columns) continue;
    for (size_t i = 0; i < std::min(deleted.size(), family.places.size() - first); ++i) {
      const auto& versions = family.places[first + i];
      const auto version = std::ranges::find_if(versions, [&](const auto& kept) {
        return kept.rows != nullptr && kept.deleted == deleted[i];
      });
      if (version == versions.end()) continue;
      // Of a finer grouping there are more rows.
      if (result[i] && result[i]->rows->row_count <= version->rows->row_count) continue;
      result[i] = StatePart{version->rows, *columns};
    }
  }
}

}  // namespace

std::vector<std::optional<StatePart>> PartialStates::Find(const WantedStates& wanted, size_t first,
                                                          std::span<const DeletedRows> units,
                                                          uint64_t budget_bytes) {
  std::vector<std::optional<StatePart>> result(units.size());
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(wanted.key);
    if (found != by_key_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      FindIn(found->second->Of(StatePlace::kUnit), wanted.shape, first, units, result);
    }
  }
  if (!files_.enabled()) return result;
  StateAddress address{wanted.key, nullptr, 0, {}};
  for (size_t i = 0; i < units.size(); ++i) {
    if (result[i]) continue;
    if (address.shape == nullptr) address.shape = std::make_shared<const StateShape>(wanted.shape);
    address.unit = first + i;
    address.deleted = units[i];
    if (auto found = files_.Find(wanted.table_uuid, address, wanted.types)) {
      const auto& shape = *found->address.shape;
      Put(wanted.key, shape, StatePlace::kUnit, first + i, units[i], found->rows, budget_bytes);
      result[i] = StatePart{std::move(found->rows), *ColumnsOf(wanted.shape, shape)};
    }
  }
  return result;
}

PartialStates::Blocks PartialStates::FindBlocks(const WantedStates& wanted,
                                                std::span<const DeletedRows> blocks) {
  Blocks result{std::vector<std::optional<StatePart>>(blocks.size())};
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(wanted.key);
  if (found == by_key_.end()) return result;
  order_.splice(order_.begin(), order_, found->second);
  const auto& families = found->second->Of(StatePlace::kBlock);
  FindIn(families, wanted.shape, 0, blocks, result.found);
  const auto own = std::ranges::find(families, wanted.shape, &StateFamily::shape);
  result.are_in_vain = own != families.end() && own->is_in_vain;
  return result;
}

std::optional<EarlierStates> PartialStates::FindEarlier(const WantedStates& wanted, size_t unit,
                                                        const DeletedRows& deleted,
                                                        uint64_t removed_max) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(wanted.key);
  if (found == by_key_.end()) return std::nullopt;
  std::optional<EarlierStates> result;
  for (const auto& family : found->second->Of(StatePlace::kUnit)) {
    const auto columns = ColumnsOf(wanted.shape, family.shape);
    // By finer keys, there is no telling which of them a row had.
    if (!columns || family.shape.keys.size() != wanted.shape.keys.size() ||
        family.places.size() <= unit) {
      continue;
    }
    for (const auto& version : family.places[unit]) {
      if (version.rows == nullptr) continue;
      auto removed = DeletedSince(unit, version.deleted, deleted, removed_max);
      if (!removed || (result && result->removed.size() <= removed->size())) continue;
      result = EarlierStates{{version.rows, *columns}, *std::move(removed)};
    }
  }
  return result;
}

PartialStates::Entry& PartialStates::EntryLocked(const std::string& key) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    order_.push_front({key, {}, 0});
    found = by_key_.emplace(key, order_.begin()).first;
  }
  order_.splice(order_.begin(), order_, found->second);
  return *found->second;
}

StateFamily& PartialStates::FamilyLocked(Entry& entry, StatePlace place, const StateShape& shape) {
  auto& families = entry.Of(place);
  const auto found = std::ranges::find(families, shape, &StateFamily::shape);
  if (found != families.end()) return *found;
  if (families.size() == kFamiliesMax) {
    for (const auto& versions : families.front().places) {
      for (const auto& old : versions) ForgetLocked(entry, place, old);
    }
    families.erase(families.begin());
  }
  return families.emplace_back(StateFamily{shape});
}

void PartialStates::ForgetLocked(Entry& entry, StatePlace place,
                                 const StateFamily::Version& version) {
  if (version.rows == nullptr) return;
  entry.size_bytes -= version.size_bytes();
  counters_.size_bytes -= version.size_bytes();
  --(place == StatePlace::kUnit ? counters_.units : counters_.blocks);
}

void PartialStates::Put(const std::string& key, const StateShape& shape, StatePlace place,
                        size_t number, const DeletedRows& deleted, StateRowsPointer rows,
                        uint64_t budget_bytes) {
  const std::lock_guard lock(mutex_);
  StateFamily::Version version{deleted, std::move(rows)};
  if (version.size_bytes() > budget_bytes) return;
  auto& entry = EntryLocked(key);
  auto& family = FamilyLocked(entry, place, shape);
  if (family.places.size() <= number) family.places.resize(number + 1);
  auto& [newest, older] = family.places[number];
  if (newest.deleted != deleted) std::swap(newest, older);
  ForgetLocked(entry, place, newest);
  entry.size_bytes += version.size_bytes();
  counters_.size_bytes += version.size_bytes();
  ++(place == StatePlace::kUnit ? counters_.units : counters_.blocks);
  newest = std::move(version);
  EvictLocked(budget_bytes);
}

void PartialStates::NoteInVain(const WantedStates& wanted) {
  const std::lock_guard lock(mutex_);
  FamilyLocked(EntryLocked(wanted.key), StatePlace::kBlock, wanted.shape).is_in_vain = true;
}

void PartialStates::Count(uint64_t hits, uint64_t misses) {
  const std::lock_guard lock(mutex_);
  counters_.hits += hits;
  counters_.misses += misses;
}

void PartialStates::EvictLocked(uint64_t budget_bytes) {
  while (counters_.size_bytes > budget_bytes && !order_.empty()) {
    auto& last = order_.back();
    for (const auto place : {StatePlace::kUnit, StatePlace::kBlock}) {
      for (const auto& family : last.Of(place)) {
        for (const auto& versions : family.places) {
          for (const auto& old : versions) ForgetLocked(last, place, old);
        }
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
  counters_.blocks = 0;
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
