// Values by key, of which those that were asked for last are kept.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <utility>

namespace icefall {

// Each value has a size: bytes, or 1 where they are counted. Not thread-safe.
template <typename Key, typename Value>
class RecentlyUsed {
 public:
  // Counts as a use. Null when there is none; valid until the value is replaced or dropped.
  Value* Find(const Key& key) {
    const auto place = places_.find(key);
    if (place == places_.end()) return nullptr;
    items_.splice(items_.begin(), items_, place->second);
    return &place->second->value;
  }

  bool Contains(const Key& key) const { return places_.contains(key); }

  // In the place of an earlier one. Drops those whose use is longest ago, this one last, until all
  // take `size_max` at most.
  void Put(const Key& key, Value value, uint64_t size, uint64_t size_max) {
    Erase(key);
    const auto place = places_.emplace(key, items_.end()).first;
    items_.push_front({place, std::move(value), size});
    place->second = items_.begin();
    size_ += size;
    while (size_ > size_max) Erase(items_.back().place);
  }

  void Erase(const Key& key) {
    if (const auto place = places_.find(key); place != places_.end()) Erase(place);
  }

  void Clear() {
    places_.clear();
    items_.clear();
    size_ = 0;
  }

  uint64_t size() const { return size_; }

 private:
  struct Item;
  using Items = std::list<Item>;
  using Places = std::map<Key, typename Items::iterator>;
  struct Item {
    typename Places::iterator place;
    Value value;
    uint64_t size = 0;
  };

  void Erase(typename Places::iterator place) {
    size_ -= place->second->size;
    items_.erase(place->second);
    places_.erase(place);
  }

  Items items_;  // most recently used first
  Places places_;
  uint64_t size_ = 0;
};

}  // namespace icefall
