#include "sql/scan/column_blocks.h"

#include <utility>

namespace icefall {

ColumnBlockPointer ColumnBlockCache::Find(const ColumnBlockKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  items_.splice(items_.begin(), items_, found->second);
  return found->second->second;
}

void ColumnBlockCache::Put(const ColumnBlockKey& key, ColumnBlockPointer block,
                           uint64_t budget_bytes) {
  if (block->size_bytes > budget_bytes) return;
  const std::lock_guard lock(mutex_);
  // Two threads may have decoded it at once.
  if (places_.contains(key)) return;
  size_bytes_ += block->size_bytes;
  items_.emplace_front(key, std::move(block));
  places_.emplace(key, items_.begin());
  while (size_bytes_ > budget_bytes) {
    size_bytes_ -= items_.back().second->size_bytes;
    places_.erase(items_.back().first);
    items_.pop_back();
  }
}

uint64_t ColumnBlockCache::size_bytes() {
  const std::lock_guard lock(mutex_);
  return size_bytes_;
}

}  // namespace icefall
