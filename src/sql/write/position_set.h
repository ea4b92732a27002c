// Row positions gathered by many threads at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "format/deletion_vector.h"
#include "table/ids.h"

namespace icefall {

// A set of positions below a fixed limit. Memory follows the pages that are touched, 8 KiB for
// 65,536 positions. Add is lock-free and safe from all threads.
class PositionSet {
 public:
  explicit PositionSet(uint64_t limit);
  ~PositionSet();

  // False when the position was there already. `position` is below the limit.
  bool Add(uint64_t position);
  bool Contains(uint64_t position) const;
  uint64_t limit() const { return limit_; }

  // Not while others add.
  DeletionVector ToDeletionVector() const;

 private:
  static constexpr uint64_t kPageBits = 16;
  static constexpr uint64_t kWordCount = (uint64_t{1} << kPageBits) / 64;
  // Numbers that std::atomic_ref changes: they are cleared at once, atomic ones each by itself.
  struct Page {
    uint64_t words[kWordCount];
    uint64_t used[kWordCount / 64];  // a bit for each word that is not 0
  };

  Page& TouchPage(uint64_t index);

  const uint64_t limit_;
  std::vector<std::atomic<Page*>> pages_;
};

// The rows that one statement deletes, by fragment; kInlineFragment stands for inline rows.
class DeletedPositions {
 public:
  // The set of a fragment, made by the first caller; valid as long as this object. Thread-safe.
  PositionSet& Of(uint64_t fragment, uint64_t limit);
  // Null when nothing was added. Thread-safe.
  const PositionSet* Find(uint64_t fragment) const;
  // Not while others add. Ascending fragment ids.
  std::vector<std::pair<uint64_t, const PositionSet*>> All() const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<uint64_t, std::unique_ptr<PositionSet>> sets_;  // guarded by mutex_
};

}  // namespace icefall
