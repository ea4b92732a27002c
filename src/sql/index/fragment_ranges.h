// Which fragments can hold given keys, by the statistics of the key's first column.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "index/index_file.h"
#include "index/key_run.h"
#include "index/key_slices.h"
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
  // The same of the keys of sorted runs; of very many keys at once, fragments between the first and
  // the last.
  std::vector<FragmentPointer> Find(const Snapshot& snapshot, const std::vector<KeyRun>& runs,
                                    const IndexOpener& open);

 private:
  // By ids of fragments; an id may be there more than once.
  struct Found {
    std::vector<uint64_t> possible;
    std::vector<uint64_t> crowd;  // small ones that all have one key in their ranges
    // Their indexes have not been opened, or are closed again.
    std::unordered_set<uint64_t> unknown;
    bool is_last = false;  // no more will be opened
  };

  std::vector<FragmentPointer> Search(const Snapshot& snapshot, const IndexOpener& open,
                                      const std::function<void(Found&)>& ask);
  void FindKey(const std::string& key, Found& found);
  void FindRun(const KeyRun& run, Found& found);
  void FindRange(const KeyRange& range, size_t count_max, std::vector<uint64_t>& ids) const;
  IndexFilePointer OpenIndex(uint64_t id) const;
  // Answers what was opened, which stays known as long as it is held.
  std::vector<IndexFilePointer> Open(const Snapshot& snapshot,
                                     const std::unordered_set<uint64_t>& unknown,
                                     const IndexOpener& open);
  // Moves some of a crowd to slices_.
  void Slice(const std::vector<uint64_t>& crowd);
  void Follow(const Snapshot& snapshot);
  void Forget(uint64_t id);
  KeyRange RangeOf(const Fragment& fragment) const;
  bool HaveSameRange(const Fragment& a, const Fragment& b) const;

  const FieldId field_;
  const duckdb::LogicalType type_;
  std::mutex mutex_;  // guards what follows
  FragmentSet fragments_;
  RangeTree single_;  // each of fragments_ is in this tree, or in slices_ and the next one
  RangeTree sliced_;
  KeySlices slices_;
  // Of fragments_, by id, as far as they have been opened and still are.
  std::unordered_map<uint64_t, std::weak_ptr<const IndexFile>> indexes_;
};

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
