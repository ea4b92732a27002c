// Which whole numbers have come so far.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <unordered_set>

#include "duckdb/common/allocator.hpp"

namespace icefall {

struct NumberRange {
  int64_t first = 0;
  uint64_t last_offset = 0;     // of the last number, from the first one on
  bool is_null_wanted = false;  // NULL may come as well, and matters
};

// Has a bit for each number of a range, and can hold others, at a higher price. Thread-safe.
class SeenNumbers {
 public:
  // `allocator` is lent.
  SeenNumbers(duckdb::Allocator& allocator, NumberRange range)
      : range_(range),
        missing_(range.last_offset + 1 + (range.is_null_wanted ? 1 : 0)),
        bits_(allocator.Allocate((range.last_offset / kWordBits + 1) * sizeof(uint64_t))) {
    std::memset(bits_.get(), 0, bits_.GetSize());
  }

  // False: it was marked before, by whichever thread.
  bool Mark(int64_t number) {
    const auto bit = static_cast<uint64_t>(number) - static_cast<uint64_t>(range_.first);
    if (bit > range_.last_offset) return MarkOther(number);
    auto* words = reinterpret_cast<uint64_t*>(bits_.get());
    const std::atomic_ref<uint64_t> word(words[bit / kWordBits]);
    const uint64_t mask = uint64_t{1} << (bit % kWordBits);
    if ((word.load(std::memory_order_relaxed) & mask) != 0) return false;
    return (word.fetch_or(mask, std::memory_order_relaxed) & mask) == 0;
  }
  // The same of NULL.
  bool MarkNull() {
    if (has_null_.load(std::memory_order_relaxed)) return false;
    if (has_null_.exchange(true, std::memory_order_relaxed)) return false;
    if (!range_.is_null_wanted) missing_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  // To be told how often a thread's marks were new: of many at once, as threads share the count.
  void CountNew(uint64_t count) {
    if (count > 0) missing_.fetch_sub(count, std::memory_order_relaxed);
  }
  // All numbers of the range have been marked and counted, and NULL where it is wanted.
  bool is_complete() const { return missing_.load(std::memory_order_relaxed) == 0; }

 private:
  static constexpr uint64_t kWordBits = 64;

  bool MarkOther(int64_t number) {
    const std::lock_guard lock(mutex_);
    const bool is_new = others_.insert(number).second;
    if (is_new) missing_.fetch_add(1, std::memory_order_relaxed);
    return is_new;
  }

  const NumberRange range_;
  std::atomic<uint64_t> missing_;  // besides what is marked but not counted
  duckdb::AllocatedData bits_;
  std::atomic<bool> has_null_ = false;
  std::mutex mutex_;
  std::unordered_set<int64_t> others_;  // guarded by mutex_
};

}  // namespace icefall
