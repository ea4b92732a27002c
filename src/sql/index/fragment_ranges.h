// Which fragments can hold given keys, by the statistics of the key's first column.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "index/index_file.h"
#include "index/key_run.h"
#include "index/range_tree.h"
#include "sql/index/key_definition.h"
#include "table/snapshot.h"

namespace icefall {

// Opens the index of a fragment; null where there is none.
using IndexOpener = std::function<IndexFilePointer(const Fragment&)>;

// Of one table and key. Follows whichever snapshot is asked about at the cost of what differs from
// the last one. Thread-safe.
class FragmentRanges {
 public:
  explicit FragmentRanges(const KeyDefinition& key)
      : field_(key.fields.front()), type_(key.types.front()) {}

  // Fragments with live rows that can hold a key in one of the ranges, by ascending ids. Keys whose
  // first column is NULL are left out of account. Of a range of one whole key, the filters of
  // indexes leave out most of the fragments that lack it.
  std::vector<FragmentPointer> Find(const Snapshot& snapshot, const std::vector<KeyRange>& ranges,
                                    const IndexOpener& open);

 private:
  // A fragment whose index is not known, and the hash of a key that is looked for.
  struct Unknown {
    uint64_t fragment = 0;
    uint64_t key_hash = 0;
  };

  // Appends the ids of fragments to `ids`, except for those that go to `unknown`.
  void FindKey(const std::string& key, std::vector<uint64_t>& ids, std::vector<Unknown>& unknown);
  // Appends those of `unknown` that are possible.
  void OpenUnknown(const Snapshot& snapshot, const std::vector<Unknown>& unknown,
                   const IndexOpener& open, std::vector<uint64_t>& ids);
  void Follow(const Snapshot& snapshot);
  KeyRange RangeOf(const Fragment& fragment) const;
  bool HaveSameRange(const Fragment& a, const Fragment& b) const;

  const FieldId field_;
  const duckdb::LogicalType type_;
  std::mutex mutex_;  // guards what follows
  FragmentSet fragments_;
  RangeTree tree_;
  // Of fragments_, by id, as far as they have been opened and still are.
  std::unordered_map<uint64_t, std::weak_ptr<const IndexFile>> indexes_;
};

// The keys of a sorted run: each by itself, or from the first to the last when they are many.
std::vector<KeyRange> RangesOf(const KeyRun& run);

// By table and key, the least recently used dropped first. Thread-safe.
class FragmentRangesCache {
 public:
  std::shared_ptr<FragmentRanges> Get(const std::string& table_uuid, const KeyDefinition& key);

 private:
  static constexpr size_t kTableCountMax = 64;
  using Item = std::pair<std::string, std::shared_ptr<FragmentRanges>>;

  std::mutex mutex_;
  std::deque<Item> items_;  // newest first; guarded by mutex_
};

}  // namespace icefall
