#include "index/key_run.h"

#include <algorithm>

#include "base/endian.h"
#include "index/index_page.h"

namespace icefall {
namespace {

// The order of the eight bytes from `offset` on, missing ones being lowest.
uint64_t HeadOf(std::string_view key, size_t offset) {
  if (key.size() >= offset + sizeof(uint64_t)) return LoadBigEndian<uint64_t>(key.data() + offset);
  std::string padded(key.substr(std::min(offset, key.size())));
  padded.resize(sizeof(uint64_t));
  return LoadBigEndian<uint64_t>(padded.data());
}

}  // namespace

std::string_view KeyRun::Added(size_t index) const {
  if (ends_.empty()) return {bytes_.data() + index * fixed_size_, fixed_size_};
  const size_t begin = index == 0 ? 0 : ends_[index - 1];
  return {bytes_.data() + begin, ends_[index] - begin};
}

void KeyRun::Add(std::string_view whole, uint32_t position) {
  std::string scratch;
  const auto key = StoredKey(whole, scratch);
  const size_t count = positions_.size();
  if (count == 0) {
    fixed_size_ = prefix_size_ = key.size();
  } else {
    is_sorted_ = is_sorted_ && Added(count - 1) <= key;
    prefix_size_ = CommonPrefixSize(Added(0).substr(0, prefix_size_), key);
    if (ends_.empty() && key.size() != fixed_size_) {
      for (size_t i = 1; i <= count; ++i) ends_.push_back(i * fixed_size_);
    }
  }
  bytes_ += key;
  if (!ends_.empty()) ends_.push_back(bytes_.size());
  positions_.push_back(position);
}

void KeyRun::Sort() {
  if (is_sorted_) return;
  struct Item {
    uint64_t head;
    uint32_t index;
  };
  std::vector<Item> items;
  items.reserve(positions_.size());
  for (uint32_t i = 0; i < positions_.size(); ++i) {
    items.push_back({HeadOf(Added(i), prefix_size_), i});
  }
  std::ranges::sort(items, [&](const Item& a, const Item& b) {
    if (a.head != b.head) return a.head < b.head;
    const int order = Added(a.index).compare(Added(b.index));
    return order != 0 ? order < 0 : a.index < b.index;
  });
  order_.clear();
  order_.reserve(items.size());
  for (const Item& item : items) order_.push_back(item.index);
  is_sorted_ = true;
}

size_t KeyRun::LowerBound(std::string_view key_wanted, size_t from) const {
  // Probes of a sorted run move on by little: look near first.
  size_t low = from;
  size_t step = 1;
  while (low + step < size() && key(low + step) < key_wanted) {
    low += step;
    step *= 2;
  }
  size_t high = std::min(low + step, size());
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (key(middle) < key_wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace icefall
