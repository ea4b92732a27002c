#include "sql/write/position_set.h"

#include <algorithm>
#include <bit>

namespace icefall {
namespace {

using Word = std::atomic_ref<uint64_t>;

}  // namespace

PositionSet::PositionSet(uint64_t limit)
    : limit_(limit), pages_((limit + (uint64_t{1} << kPageBits) - 1) >> kPageBits) {}

PositionSet::~PositionSet() {
  for (auto& page : pages_) delete page.load();
}

PositionSet::Page& PositionSet::TouchPage(uint64_t index) {
  Page* page = pages_[index].load(std::memory_order_acquire);
  if (page != nullptr) return *page;
  auto fresh = std::make_unique<Page>();
  if (pages_[index].compare_exchange_strong(page, fresh.get(), std::memory_order_acq_rel)) {
    return *fresh.release();
  }
  return *page;
}

bool PositionSet::Add(uint64_t position) {
  Page& page = TouchPage(position >> kPageBits);
  const uint64_t bit = uint64_t{1} << (position % 64);
  const uint64_t place = (position >> 6) % kWordCount;
  const uint64_t before = Word(page.words[place]).fetch_or(bit, std::memory_order_relaxed);
  if (before == 0) {
    Word(page.used[place / 64]).fetch_or(uint64_t{1} << (place % 64), std::memory_order_relaxed);
  }
  return (before & bit) == 0;
}

bool PositionSet::Contains(uint64_t position) const {
  Page* page = pages_[position >> kPageBits].load(std::memory_order_acquire);
  if (page == nullptr) return false;
  const uint64_t word =
      Word(page->words[(position >> 6) % kWordCount]).load(std::memory_order_relaxed);
  return (word >> (position % 64) & 1) != 0;
}

DeletionVector PositionSet::ToDeletionVector() const {
  DeletionVector result;
  std::vector<uint64_t> positions;
  for (size_t i = 0; i < pages_.size(); ++i) {
    const Page* page = pages_[i].load();
    if (page == nullptr) continue;
    positions.clear();
    for (uint64_t u = 0; u < kWordCount / 64; ++u) {
      for (uint64_t used = page->used[u]; used != 0; used &= used - 1) {
        const uint64_t w = u * 64 + std::countr_zero(used);
        const uint64_t base = (static_cast<uint64_t>(i) << kPageBits) + w * 64;
        for (uint64_t rest = page->words[w]; rest != 0; rest &= rest - 1) {
          positions.push_back(base + std::countr_zero(rest));
        }
      }
    }
    if (positions.empty()) continue;
    // A run costs a few bytes as a range and a bitmap otherwise.
    if (positions.back() - positions.front() + 1 == positions.size()) {
      result.AddRange(positions.front(), positions.back() + 1);
    } else {
      result.AddMany(positions);
    }
  }
  return result;
}

PositionSet& DeletedPositions::Of(uint64_t fragment, uint64_t limit) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = sets_.find(fragment);
    if (found != sets_.end()) return *found->second;
  }
  const std::unique_lock lock(mutex_);
  auto& set = sets_[fragment];
  if (set == nullptr) set = std::make_unique<PositionSet>(limit);
  return *set;
}

const PositionSet* DeletedPositions::Find(uint64_t fragment) const {
  const std::shared_lock lock(mutex_);
  const auto found = sets_.find(fragment);
  return found == sets_.end() ? nullptr : found->second.get();
}

std::vector<std::pair<uint64_t, const PositionSet*>> DeletedPositions::All() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::pair<uint64_t, const PositionSet*>> all;
  all.reserve(sets_.size());
  for (const auto& [fragment, set] : sets_) all.emplace_back(fragment, set.get());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace icefall
