#include "sql/index/fragment_ranges.h"

#include <algorithm>

#include <fmt/format.h>

#include "index/index_page.h"
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
                      if (after == nullptr) {
                        tree_.Erase(before->id.value);
                      } else if (before == nullptr || !HaveSameRange(*before, *after)) {
                        tree_.Put(after->id.value, RangeOf(*after));
                      }
                    });
  fragments_ = snapshot.fragments;
}

std::vector<FragmentPointer> FragmentRanges::Find(const Snapshot& snapshot,
                                                  const std::vector<KeyRange>& ranges) {
  std::vector<uint64_t> ids;
  {
    const std::lock_guard lock(mutex_);
    Follow(snapshot);
    for (const auto& range : ranges) tree_.Find(range, ids);
  }
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
  // The least key above is one byte longer.
  const auto end_of = [&](size_t i) { return std::string(run.key(i)) + '\0'; };
  std::vector<KeyRange> ranges;
  if (run.size() > kKeyCountMax) {
    ranges.push_back({std::string(run.key(0)), end_of(run.size() - 1)});
    return ranges;
  }
  for (size_t i = 0; i < run.size(); ++i) {
    ranges.push_back({std::string(run.key(i)), end_of(i)});
  }
  return ranges;
}

std::shared_ptr<FragmentRanges> FragmentRangesCache::Get(const std::string& table_uuid,
                                                         const KeyDefinition& key) {
  const auto name =
      fmt::format("{} {} {}", table_uuid, key.fields.front().value, key.types.front().ToString());
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(items_, name, &Item::first);
  Item item = found == items_.end() ? Item(name, std::make_shared<FragmentRanges>(key)) : *found;
  if (found != items_.end()) items_.erase(found);
  items_.push_front(item);
  if (items_.size() > kTableCountMax) items_.pop_back();
  return item.second;
}

}  // namespace icefall
