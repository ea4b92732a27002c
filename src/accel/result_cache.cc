#include "accel/result_cache.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

// What an entry takes beside its rows.
constexpr uint64_t kEntryOverheadBytes = 512;

}  // namespace

ResultCache::ResultCache(std::shared_ptr<Database> database)
    : database_(std::move(database)), files_(database_->store()) {}

bool ResultCache::HoldsNow(const ReadState& state) {
  const auto transaction = database_->Begin();
  if (!transaction) return false;
  const auto catalog = (*transaction)->Catalog();
  if (!catalog || (*catalog)->sequence != state.catalog) return false;
  for (const auto& table : state.tables) {
    const auto snapshot = (*transaction)->Table(table.uuid);
    if (!snapshot || (*snapshot)->sequence != table.sequence) return false;
  }
  return true;
}

bool ResultCache::IsCurrent(CachedResult& result) {
  // Read before the tables are, so that a commit in between is looked at again the next time.
  const auto published = database_->Published();
  if (published && result.valid_at == published->value) return true;
  if (!HoldsNow(result.state)) return false;
  result.valid_at = published ? published->value : 0;
  return true;
}

CachedResultPointer ResultCache::Find(std::string_view statement, std::string_view context) {
  CachedResultPointer result;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find({statement, context});
    if (found == by_key_.end()) {
      ++counters_.misses;
      return nullptr;
    }
    result = *found->second;
    order_.splice(order_.begin(), order_, found->second);
  }
  const bool is_current = IsCurrent(*result);
  const std::lock_guard lock(mutex_);
  if (!is_current) {
    ++counters_.stale;
    EraseLocked(result);
    return nullptr;
  }
  ++counters_.hits;
  ++result->hits;
  return result;
}

CachedResultPointer ResultCache::Peek(std::string_view statement, std::string_view context) {
  CachedResultPointer result;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find({statement, context});
    if (found == by_key_.end()) return nullptr;
    result = *found->second;
  }
  return IsCurrent(*result) ? result : nullptr;
}

std::optional<StoredResult> ResultCache::FindStored(const ResultKey& key) {
  if (budget_bytes_ == 0) return std::nullopt;
  auto stored = files_.Load(key);
  if (!stored) return std::nullopt;
  if (HoldsNow(stored->state)) return stored;
  files_.Remove(key);
  return std::nullopt;
}

CachedResultPointer ResultCache::Put(ResultKey key, ReadState state, CachedRowsPointer rows,
                                     uint64_t size_bytes) {
  auto result = std::make_shared<CachedResult>();
  result->size_bytes = size_bytes + key.statement.size() + key.context.size() + kEntryOverheadBytes;
  if (result->size_bytes > std::min<uint64_t>(budget_bytes_, kEntryBytesMax)) return nullptr;
  result->key = std::move(key);
  result->state = std::move(state);
  result->rows = std::move(rows);
  const KeyView view{result->key.statement, result->key.context};

  const std::lock_guard lock(mutex_);
  if (const auto old = by_key_.find(view); old != by_key_.end()) EraseLocked(*old->second);
  result->id = ++last_id_;
  order_.push_front(result);
  by_key_.emplace(view, order_.begin());
  ++counters_.entries;
  counters_.size_bytes += result->size_bytes;
  EvictLocked();
  return result;
}

bool ResultCache::Save(const ResultKey& key, const ReadState& state, std::string_view arrow) {
  if (database_->read_only() || arrow.size() > kEntryBytesMax) return false;
  return files_.Save(key, state, arrow, budget_bytes_);
}

void ResultCache::Clear() {
  {
    const std::lock_guard lock(mutex_);
    by_key_.clear();
    order_.clear();
    counters_.entries = 0;
    counters_.size_bytes = 0;
  }
  files_.RemoveAll();
}

void ResultCache::SetBudget(uint64_t budget_bytes) {
  budget_bytes_ = budget_bytes;
  const std::lock_guard lock(mutex_);
  EvictLocked();
}

ResultCacheCounters ResultCache::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::vector<CachedResultPointer> ResultCache::Entries() const {
  const std::lock_guard lock(mutex_);
  return {order_.begin(), order_.end()};
}

void ResultCache::EraseLocked(const CachedResultPointer& result) {
  const auto found = by_key_.find({result->key.statement, result->key.context});
  // Another thread may have replaced it.
  if (found == by_key_.end() || *found->second != result) return;
  --counters_.entries;
  counters_.size_bytes -= result->size_bytes;
  // The caller's pointer may be the one in the list, and goes with it.
  const auto position = found->second;
  by_key_.erase(found);
  order_.erase(position);
}

void ResultCache::EvictLocked() {
  while (counters_.size_bytes > budget_bytes_ && !order_.empty()) {
    const CachedResultPointer last = order_.back();
    EraseLocked(last);
    ++counters_.evicted;
  }
}

}  // namespace icefall
