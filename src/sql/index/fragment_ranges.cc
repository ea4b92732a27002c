#include "sql/index/fragment_ranges.h"

#include <algorithm>

#include <fmt/format.h>

#include "index/index_page.h"
#include "index/key_filter.h"
#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

// More keys than this are asked for as one range.
constexpr size_t kKeyCountMax = 64;

// Of a value of the key's first column: all keys that begin with it start with these bytes, as far
// as stored keys are in order.
std::string PrefixOf(const duckdb::Value& value) {
  auto prefix = MakeKey({value});
  if (prefix.size() > kIndexKeyHeadSize) prefix.resize(kIndexKeyHeadSize);
  return prefix;
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

void FragmentRanges::Follow(const Snapshot& snapshot) {
  FragmentSet::Diff(fragments_, snapshot.fragments,
                    [&](const FragmentPointer& before, const FragmentPointer& after) {
                      // A transaction's own fragment may have the id of one committed by others.
                      if (before != nullptr && (after == nullptr || before->path != after->path)) {
                        indexes_.erase(before->id.value);
                      }
                      if (after == nullptr) {
                        tree_.Erase(before->id.value);
                      } else if (before == nullptr || !HaveSameRange(*before, *after)) {
                        tree_.Put(after->id.value, RangeOf(*after));
                      }
                    });
  fragments_ = snapshot.fragments;
}

void FragmentRanges::FindKey(const std::string& key, std::vector<uint64_t>& ids,
                             std::vector<Unknown>& unknown) {
  std::vector<uint64_t> found;
  tree_.Find(RangeOfKey(key), found);
  const uint64_t hash = KeyHash(key);
  for (const auto id : found) {
    const auto known = indexes_.find(id);
    const auto file = known == indexes_.end() ? nullptr : known->second.lock();
    if (file == nullptr) {
      unknown.push_back({id, hash});
    } else if (file->MayHold(hash)) {
      ids.push_back(id);
    }
  }
}

void FragmentRanges::OpenUnknown(const Snapshot& snapshot, const std::vector<Unknown>& unknown,
                                 const IndexOpener& open, std::vector<uint64_t>& ids) {
  std::vector<std::pair<FragmentPointer, IndexFilePointer>> opened;
  for (const auto& [id, hash] : unknown) {
    auto fragment = snapshot.fragments.Find(FragmentId(id));
    auto file = open(*fragment);
    if (file == nullptr || file->MayHold(hash)) ids.push_back(id);
    if (file != nullptr) opened.emplace_back(std::move(fragment), std::move(file));
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [fragment, file] : opened) {
    // Another thread may have followed another snapshot by now.
    const auto current = fragments_.Find(fragment->id);
    if (current && current->path == fragment->path) indexes_[fragment->id.value] = file;
  }
}

std::vector<FragmentPointer> FragmentRanges::Find(const Snapshot& snapshot,
                                                  const std::vector<KeyRange>& ranges,
                                                  const IndexOpener& open) {
  std::vector<uint64_t> ids;
  std::vector<Unknown> unknown;
  {
    const std::lock_guard lock(mutex_);
    Follow(snapshot);
    for (const auto& range : ranges) {
      if (IsOneKey(range)) {
        FindKey(range.low, ids, unknown);
      } else {
        tree_.Find(range, ids);
      }
    }
  }
  if (!unknown.empty()) OpenUnknown(snapshot, unknown, open, ids);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<FragmentPointer> found;
  for (const auto id : ids) {
    auto fragment = snapshot.fragments.Find(FragmentId(id));
    if (fragment->live_count() > 0) found.push_back(std::move(fragment));
  }
  return found;
}

std::vector<KeyRange> RangesOf(const KeyRun& run) {
  std::vector<KeyRange> ranges;
  if (run.size() > kKeyCountMax) {
    const auto last = RangeOfKey(std::string(run.key(run.size() - 1)));
    ranges.push_back({std::string(run.key(0)), last.high});
    return ranges;
  }
  for (size_t i = 0; i < run.size(); ++i) {
    ranges.push_back(RangeOfKey(std::string(run.key(i))));
  }
  return ranges;
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
