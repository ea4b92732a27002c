#include "sql/index/fragment_ranges.h"

#include <algorithm>

#include <fmt/format.h>

#include "index/index_page.h"
#include "index/key_filter.h"
#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

// More keys than this are asked for as one range, unless that is the range of a crowd.
constexpr size_t kKeyCountMax = 64;
// So many fragments with one key in their ranges are a crowd: to ask each for it would cost more
// than the rest of a statement.
constexpr size_t kCrowdMin = 64;
// So many keys at most are asked for one by one in a crowd.
constexpr size_t kCrowdKeyCountMax = 4'096;
// Of one fragment, of what one lookup moves, and of all slices of a table's key.
constexpr uint64_t kSlicedKeyCountMax = 8'192;
constexpr uint64_t kSlicedAtOnceMax = 16'384;
constexpr uint64_t kSlicesSizeMaxBytes = uint64_t{64} << 20;

// Of a value of the key's first column: all keys that begin with it start with these bytes, as far
// as stored keys are in order.
std::string PrefixOf(const duckdb::Value& value) {
  auto prefix = MakeKey({value});
  if (prefix.size() > kIndexKeyHeadSize) prefix.resize(kIndexKeyHeadSize);
  return prefix;
}

Result<std::vector<uint64_t>> KeyHashesOf(const IndexFile& file) {
  std::vector<uint64_t> hashes;
  hashes.reserve(file.entry_count());
  IndexCursor cursor(file);
  ICEFALL_RETURN_IF_ERROR(cursor.Seek(""));
  while (cursor.valid()) {
    hashes.push_back(KeyHash(cursor.key()));
    ICEFALL_RETURN_IF_ERROR(cursor.Next());
  }
  return hashes;
}

}  // namespace

KeyRange FragmentRanges::RangeOf(const Fragment& fragment) const {
  KeyRange range;
  const auto* known = StatisticsOfField(fragment, field_);
  if (known == nullptr) return range;
  if (const auto lower = ParseBound(known->lower_bound, type_)) range.low = PrefixOf(*lower);
  // NaN sorts above every bound.
  if (known->has_nan) return range;
  if (const auto upper = ParseBound(known->upper_bound, type_)) {
    range.high = EndOfPrefix(PrefixOf(*upper));
  }
  return range;
}

bool FragmentRanges::HaveSameRange(const Fragment& a, const Fragment& b) const {
  const auto* left = StatisticsOfField(a, field_);
  const auto* right = StatisticsOfField(b, field_);
  if (left == nullptr || right == nullptr) return left == right;
  return left->lower_bound == right->lower_bound && left->upper_bound == right->upper_bound &&
         left->has_nan == right->has_nan;
}

void FragmentRanges::Forget(uint64_t id) {
  indexes_.erase(id);
  slices_.Erase(id);
  sliced_.Erase(id);
  single_.Erase(id);
}

void FragmentRanges::Follow(const Snapshot& snapshot) {
  FragmentSet::Diff(fragments_, snapshot.fragments,
                    [&](const FragmentPointer& before, const FragmentPointer& after) {
                      // A transaction's own fragment may have the id of one committed by others.
                      const bool is_other =
                          before == nullptr || after == nullptr || before->path != after->path;
                      if (before != nullptr && is_other) Forget(before->id.value);
                      if (after == nullptr) return;
                      if (!is_other && HaveSameRange(*before, *after)) return;
                      const auto id = after->id.value;
                      auto& tree = slices_.Contains(id) ? sliced_ : single_;
                      tree.Put(id, RangeOf(*after));
                    });
  fragments_ = snapshot.fragments;
}

IndexFilePointer FragmentRanges::OpenIndex(uint64_t id) const {
  const auto known = indexes_.find(id);
  return known == indexes_.end() ? nullptr : known->second.lock();
}

void FragmentRanges::FindKey(const std::string& key, Found& found) {
  std::vector<uint64_t> ids;
  std::vector<uint64_t> crowd;
  single_.Find(RangeOfKey(key), ids);
  const uint64_t hash = KeyHash(key);
  for (const auto id : ids) {
    const auto file = OpenIndex(id);
    if (file == nullptr) {
      found.unknown.insert(id);
      continue;
    }
    if (file->MayHold(hash)) found.possible.push_back(id);
    if (file->entry_count() <= kSlicedKeyCountMax) crowd.push_back(id);
  }
  if (crowd.size() > found.crowd.size()) found.crowd = std::move(crowd);
  ids.clear();
  slices_.Find(hash, ids);
  std::erase_if(ids, [&](uint64_t id) {
    const auto file = OpenIndex(id);
    return file != nullptr && !file->MayHold(hash);
  });
  found.possible.insert(found.possible.end(), ids.begin(), ids.end());
}

void FragmentRanges::FindRange(const KeyRange& range, size_t count_max,
                               std::vector<uint64_t>& ids) const {
  single_.Find(range, ids, count_max);
  sliced_.Find(range, ids, count_max);
}

void FragmentRanges::FindRun(const KeyRun& run, Found& found) {
  if (run.empty()) return;
  if (run.size() > kKeyCountMax) {
    const KeyRange all{std::string(run.key(0)),
                       RangeOfKey(std::string(run.key(run.size() - 1))).high};
    const bool can_be_single = run.size() <= kCrowdKeyCountMax;
    std::vector<uint64_t> ids;
    FindRange(all, can_be_single ? kCrowdMin : SIZE_MAX, ids);
    if (!can_be_single || ids.size() < kCrowdMin) {
      found.possible.insert(found.possible.end(), ids.begin(), ids.end());
      return;
    }
    // Each key would name all of them.
    ids.clear();
    single_.Find(all, ids);
    std::erase_if(ids, [&](uint64_t id) { return OpenIndex(id) != nullptr; });
    found.unknown.insert(ids.begin(), ids.end());
    if (!ids.empty() && !found.is_last) return;
  }
  for (size_t i = 0; i < run.size(); ++i) FindKey(std::string(run.key(i)), found);
}

std::vector<IndexFilePointer> FragmentRanges::Open(const Snapshot& snapshot,
                                                   const std::unordered_set<uint64_t>& unknown,
                                                   const IndexOpener& open) {
  std::vector<IndexFilePointer> files;
  for (const auto id : unknown) {
    const auto fragment = snapshot.fragments.Find(FragmentId(id));
    auto file = open(*fragment);
    if (file == nullptr) continue;
    files.push_back(file);
    const std::lock_guard lock(mutex_);
    // Another thread may have followed another snapshot by now.
    const auto current = fragments_.Find(fragment->id);
    if (current && current->path == fragment->path) indexes_[id] = std::move(file);
  }
  return files;
}

void FragmentRanges::Slice(const std::vector<uint64_t>& crowd) {
  if (crowd.size() < kCrowdMin) return;
  // The next lookup goes on.
  uint64_t key_count = 0;
  for (const auto id : crowd) {
    const auto file = OpenIndex(id);
    if (file == nullptr) continue;
    key_count += file->entry_count();
    if (key_count > kSlicedAtOnceMax || slices_.size_bytes() > kSlicesSizeMaxBytes) return;
    const auto hashes = KeyHashesOf(*file);
    if (!hashes) continue;
    single_.Erase(id);
    sliced_.Put(id, RangeOf(*fragments_.Find(FragmentId(id))));
    slices_.Put(id, *hashes);
  }
}

std::vector<FragmentPointer> FragmentRanges::Search(const Snapshot& snapshot,
                                                    const IndexOpener& open,
                                                    const std::function<void(Found&)>& ask) {
  Found found;
  std::vector<IndexFilePointer> opened;
  for (const bool is_again : {false, true}) {
    {
      const std::lock_guard lock(mutex_);
      Follow(snapshot);
      found = {};
      found.is_last = is_again;
      ask(found);
      Slice(found.crowd);
    }
    if (is_again || found.unknown.empty()) break;
    opened = Open(snapshot, found.unknown, open);
  }
  auto& ids = found.possible;
  ids.insert(ids.end(), found.unknown.begin(), found.unknown.end());
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<FragmentPointer> fragments;
  for (const auto id : ids) {
    auto fragment = snapshot.fragments.Find(FragmentId(id));
    if (fragment->live_count() > 0) fragments.push_back(std::move(fragment));
  }
  return fragments;
}

std::vector<FragmentPointer> FragmentRanges::Find(const Snapshot& snapshot,
                                                  const std::vector<KeyRange>& ranges,
                                                  const IndexOpener& open) {
  return Search(snapshot, open, [&](Found& found) {
    for (const auto& range : ranges) {
      if (IsOneKey(range)) {
        FindKey(range.low, found);
      } else {
        FindRange(range, SIZE_MAX, found.possible);
      }
    }
  });
}

std::vector<FragmentPointer> FragmentRanges::Find(const Snapshot& snapshot,
                                                  const std::vector<KeyRun>& runs,
                                                  const IndexOpener& open) {
  return Search(snapshot, open, [&](Found& found) {
    for (const auto& run : runs) FindRun(run, found);
  });
}

std::shared_ptr<FragmentRanges> FragmentRangesCache::Get(const std::string& table_uuid,
                                                         const KeyDefinition& key) {
  std::string name = table_uuid + " " + KeyIdentity(key);
  for (const auto field : key.fields) name += fmt::format(" {}", field.value);
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(items_, name, &Item::first);
  Item item = found == items_.end() ? Item(name, std::make_shared<FragmentRanges>(key)) : *found;
  if (found != items_.end()) items_.erase(found);
  items_.push_front(item);
  if (items_.size() > kTableCountMax) items_.pop_back();
  return item.second;
}

}  // namespace icefall
