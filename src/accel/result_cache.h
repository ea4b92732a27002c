// Answers of statements, found by the statement's text and given only while every table that was
// read is as it was.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "accel/result_files.h"
#include "database/database.h"

namespace icefall {

// Rows in the form of whoever asks for them. Immutable.
class CachedRows {
 public:
  virtual ~CachedRows() = default;
  virtual uint64_t size_bytes() const = 0;
};
using CachedRowsPointer = std::shared_ptr<const CachedRows>;

// One remembered answer.
struct CachedResult {
  uint64_t id = 0;  // of this answer, never given out again
  ResultKey key;
  ReadState state;
  CachedRowsPointer rows;  // null: the asker keeps them itself, by id
  uint64_t size_bytes = 0;
  std::atomic<uint64_t> hits = 0;
  // Known to hold at this commit of the database; 0: not known yet.
  std::atomic<uint64_t> valid_at = 0;
};
using CachedResultPointer = std::shared_ptr<CachedResult>;

struct ResultCacheCounters {
  uint64_t entries = 0;
  uint64_t size_bytes = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t stale = 0;    // found, but a table had changed
  uint64_t evicted = 0;  // for the budget
};

// Of one database, in one process. Thread-safe.
class ResultCache {
 public:
  static constexpr uint64_t kDefaultBudgetBytes = uint64_t{1024} << 20;
  // A larger answer costs more to keep than it saves.
  static constexpr uint64_t kEntryBytesMax = uint64_t{64} << 20;

  explicit ResultCache(std::shared_ptr<Database> database);

  // The answer that is right at the newest commit; null when there is none.
  CachedResultPointer Find(std::string_view statement, std::string_view context);
  // The same, and nobody will know.
  CachedResultPointer Peek(std::string_view statement, std::string_view context);
  // The same as Find among the files that all processes share. `rows` is null: they are in `file`.
  std::optional<StoredResult> FindStored(const ResultKey& key);

  // Remembers an answer that was computed from `state`. Null when the budget has no room for it.
  CachedResultPointer Put(ResultKey key, ReadState state, CachedRowsPointer rows,
                          uint64_t size_bytes);
  // Shares an answer with other processes, as Arrow IPC.
  bool Save(const ResultKey& key, const ReadState& state, std::string_view arrow);

  // Forgets everything, the files of all processes included.
  void Clear();
  // 0: nothing is kept. Takes effect at once.
  void SetBudget(uint64_t budget_bytes);
  uint64_t budget_bytes() const { return budget_bytes_; }

  ResultCacheCounters counters() const;
  // Most recently used first.
  std::vector<CachedResultPointer> Entries() const;
  const ResultFiles& files() const { return files_; }

 private:
  struct KeyView {
    std::string_view statement;
    std::string_view context;
    bool operator==(const KeyView&) const = default;
  };
  struct KeyHash {
    size_t operator()(const KeyView& key) const {
      return std::hash<std::string_view>()(key.statement) * 31 +
             std::hash<std::string_view>()(key.context);
    }
  };
  using Order = std::list<CachedResultPointer>;

  // True when the tables and names are those of `state` now.
  bool HoldsNow(const ReadState& state);
  bool IsCurrent(CachedResult& result);
  void EraseLocked(const CachedResultPointer& result);
  void EvictLocked();

  const std::shared_ptr<Database> database_;
  const ResultFiles files_;
  std::atomic<uint64_t> budget_bytes_ = kDefaultBudgetBytes;

  mutable std::mutex mutex_;
  Order order_;  // most recently used first; guarded by mutex_, as are all below
  // The views are of the results' own keys.
  std::unordered_map<KeyView, Order::iterator, KeyHash> by_key_;
  ResultCacheCounters counters_;
  uint64_t last_id_ = 0;
};

}  // namespace icefall
