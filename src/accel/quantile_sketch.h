// Approximate quantiles of doubles: the same in whatever order and grouping values are added.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icefall {

// Counts values by the leading bits of their binary form: by as many of the 64 as leave at most
// kBucketsMax different ones. That number of bits follows from the set of values alone, so that
// merging parts answers what adding all values does, to the bit.
//
// Up to kBucketsMax different values are exact. Of more, the value at a rank is told from no others
// than those that share its leading bits: where n powers of two are among the values, these are at
// least log2(kBucketsMax / n) - 1 bits of the mantissa.
class QuantileSketch {
 public:
  static constexpr uint64_t kBucketsMax = 2048;

  // `value` is finite.
  void Add(double value);
  void Merge(const QuantileSketch& other);
  uint64_t count() const { return count_; }

  // For each quantile, from 0 to 1: about the value at rank quantile * (count - 1), rounded; the
  // least and the greatest value are exact. Needs a value.
  std::vector<double> Quantiles(std::span<const float> quantiles) const;

  // About three bytes a bucket as a rule; none without values.
  std::string Serialize() const;
  // Merges what was serialized. False, and nothing is added, when the bytes are no such thing.
  bool AddSerialized(std::string_view bytes);

 private:
  struct Bucket {
    uint64_t key = 0;    // the leading bits
    uint64_t count = 0;  // 0: no bucket
  };

  // Sorted by key, kBucketsMax at most: the same for the same values.
  struct Buckets {
    std::vector<Bucket> buckets;
    uint32_t dropped_bits = 0;
  };

  Buckets Sorted() const;
  void AddToBucket(uint64_t key, uint64_t count);
  // Whether there are more than kBucketsMax keys that differ without their last bits.
  bool HasManyWithout(uint32_t bits) const;
  void Coarsen();
  void CoarsenBy(uint32_t bits);
  void Rebuild(size_t table_size, uint32_t bits);

  // Open addressing; a power of two. Has more than kBucketsMax for a while, because looking for the
  // number of bits takes long.
  std::vector<Bucket> table_;
  uint64_t used_ = 0;
  uint64_t count_ = 0;
  uint64_t least_ = UINT64_MAX;  // keys of 64 bits
  uint64_t greatest_ = 0;
  uint32_t dropped_bits_ = 0;
};

}  // namespace icefall
