#include "index/key_slices.h"

#include <algorithm>
#include <bit>

namespace icefall {
namespace {

constexpr size_t kWordsPerKey = 16;
constexpr size_t kWordCountMin = 256;
constexpr int kProbeCount = 4;

// The words that a hash names, of a power of two of them.
template <typename Visit>
void ForEachWord(uint64_t hash, size_t word_count, const Visit& visit) {
  constexpr int kHalf = 32;
  const uint64_t step = (hash >> kHalf) | 1;
  for (int probe = 0; probe < kProbeCount; ++probe) {
    if (!visit(hash & (word_count - 1))) return;
    hash += step;
  }
}

}  // namespace

KeySlices::Group& KeySlices::GroupWithRoom(size_t word_count) {
  auto& newest = newest_[word_count];
  if (newest == nullptr || newest->used == kSetCount) {
    newest = groups_.emplace_back(std::make_unique<Group>()).get();
    newest->words.resize(word_count);
    size_bytes_ += word_count * sizeof(uint64_t);
  }
  return *newest;
}

void KeySlices::Put(uint64_t id, const std::vector<uint64_t>& key_hashes) {
  Erase(id);
  const size_t word_count =
      std::bit_ceil(std::max(key_hashes.size() * kWordsPerKey, kWordCountMin));
  auto& group = GroupWithRoom(word_count);
  const uint64_t bit = uint64_t{1} << group.used;
  group.ids[group.used++] = id;
  group.live |= bit;
  for (const auto hash : key_hashes) {
    ForEachWord(hash, word_count, [&](size_t word) {
      group.words[word] |= bit;
      return true;
    });
  }
  places_[id] = {&group, bit};
}

void KeySlices::Erase(uint64_t id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return;
  auto* group = found->second.group;
  group->live &= ~found->second.bit;
  places_.erase(found);
  if (group->live != 0) return;
  auto& newest = newest_[group->words.size()];
  if (newest == group) newest = nullptr;
  size_bytes_ -= group->words.size() * sizeof(uint64_t);
  std::erase_if(groups_, [&](const auto& each) { return each.get() == group; });
}

void KeySlices::Find(uint64_t key_hash, std::vector<uint64_t>& ids) const {
  for (const auto& group : groups_) {
    uint64_t may_hold = group->live;
    ForEachWord(key_hash, group->words.size(), [&](size_t word) {
      may_hold &= group->words[word];
      return may_hold != 0;
    });
    for (; may_hold != 0; may_hold &= may_hold - 1) {
      ids.push_back(group->ids[static_cast<size_t>(std::countr_zero(may_hold))]);
    }
  }
}

}  // namespace icefall
