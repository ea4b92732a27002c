// The keys of inline rows, kept between statements.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sql/index/key_definition.h"
#include "table/snapshot.h"

namespace icefall {

// Of one table and key. Follows the batches of whichever snapshot is asked about: what that adds
// to the last one is all that is decoded.
class InlineKeys {
 public:
  explicit InlineKeys(KeyDefinition key) : key_(std::move(key)) {}

  // Answers true to stop.
  using Visit = std::function<bool(std::string_view key, uint64_t position)>;

  // Every live row of the snapshot's inline rows whose key is at or above `from`, ascending.
  // `context` (may be null) is for values of columns that a batch does not have yet. Errors:
  // kUnsupported when such a value is needed and there is no context; kCorruption.
  Result<void> ForEachFrom(const Snapshot& snapshot, duckdb::ClientContext* context,
                           std::string_view from, const Visit& visit);

 private:
  using Entries = std::multimap<std::string, uint64_t, std::less<>>;  // to positions
  struct Batch {
    InlineBatchPointer batch;
    std::vector<Entries::iterator> entries;
  };

  Result<void> Follow(const Snapshot& snapshot, duckdb::ClientContext* context);
  Result<Batch> Decode(const Snapshot& snapshot, const InlineBatchPointer& batch,
                       duckdb::ClientContext* context);
  void Forget(const Batch& batch);

  const KeyDefinition key_;
  std::mutex mutex_;
  std::deque<Batch> batches_;  // guarded by mutex_, as is entries_
  Entries entries_;
};

// By table and key, the least recently used dropped first. Thread-safe.
class InlineKeyCache {
 public:
  std::shared_ptr<InlineKeys> Get(const std::string& table_uuid, const KeyDefinition& key);

 private:
  static constexpr size_t kTableCountMax = 64;
  using Item = std::pair<std::string, std::shared_ptr<InlineKeys>>;

  std::mutex mutex_;
  std::deque<Item> items_;  // newest first; guarded by mutex_
};

}  // namespace icefall
