#include "sql/scan/column_blocks.h"

#include <utility>

namespace icefall {

ColumnBlockPointer ColumnBlockCache::Find(const ColumnBlockKey& key) {
  const std::lock_guard lock(mutex_);
  const auto* found = blocks_.Find(key);
  return found == nullptr ? nullptr : *found;
}

void ColumnBlockCache::Put(const ColumnBlockKey& key, ColumnBlockPointer block,
                           uint64_t budget_bytes) {
  if (block->size_bytes > budget_bytes) return;
  const std::lock_guard lock(mutex_);
  // Two threads may have decoded it at once.
  if (blocks_.Contains(key)) return;
  const auto size_bytes = block->size_bytes;
  blocks_.Put(key, std::move(block), size_bytes, budget_bytes);
}

uint64_t ColumnBlockCache::size_bytes() {
  const std::lock_guard lock(mutex_);
  return blocks_.size();
}

}  // namespace icefall
