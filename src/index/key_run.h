// Keys with the positions of their rows: gathered in any order, then sorted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace icefall {

// Keys are kept as StoredKey answers them. Not thread-safe.
class KeyRun {
 public:
  void Add(std::string_view key, uint32_t position);
  size_t size() const { return positions_.size(); }
  bool empty() const { return positions_.empty(); }

  // By key, then by the order of Add. Costs one pass when they came that way.
  void Sort();

  // Of the i-th entry: in the order of Add, or sorted after Sort.
  std::string_view key(size_t i) const { return Added(IndexOf(i)); }
  uint32_t position(size_t i) const { return positions_[IndexOf(i)]; }
  // The first entry whose key is not below `key`, of those from `from` on. After Sort.
  size_t LowerBound(std::string_view key, size_t from = 0) const;

 private:
  size_t IndexOf(size_t i) const { return order_.empty() ? i : order_[i]; }
  std::string_view Added(size_t index) const;

  std::string bytes_;
  size_t fixed_size_ = 0;       // of every key, while ends_ is empty
  std::vector<uint64_t> ends_;  // in bytes_; empty while all keys are of one size
  std::vector<uint32_t> positions_;
  std::vector<uint32_t> order_;  // empty: as added
  size_t prefix_size_ = 0;       // that all keys share
  bool is_sorted_ = true;
};

}  // namespace icefall
