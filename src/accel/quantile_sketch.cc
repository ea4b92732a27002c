#include "accel/quantile_sketch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/endian.h"

namespace icefall {
namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr size_t kTableMin = 16;
constexpr uint64_t kCountMax = uint64_t{1} << 48;  // of one bucket; sums do not overflow
constexpr uint64_t kUsedMax = 2 * QuantileSketch::kBucketsMax;
constexpr size_t kHeaderBytes = 1 + 8 + 8;

// In the order of the values.
uint64_t KeyOf(double value) {
  const auto bits = std::bit_cast<uint64_t>(value + 0.0);  // -0.0 is 0.0
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double ValueOf(uint64_t key) {
  return std::bit_cast<double>((key & kSign) != 0 ? key & ~kSign : ~key);
}

size_t SlotOf(uint64_t key, size_t table_size) {
  return static_cast<size_t>((key * 0x9e3779b97f4a7c15) >> (64 - std::countr_zero(table_size)));
}

void AppendNumber(std::string& bytes, uint64_t number) {
  while (number >= 128) {
    bytes += static_cast<char>(number | 128);
    number >>= 7;
  }
  bytes += static_cast<char>(number);
}

bool TakeNumber(std::string_view& bytes, uint64_t& number) {
  number = 0;
  for (uint32_t shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes[0]);
    bytes.remove_prefix(1);
    number |= uint64_t{byte & 127U} << shift;
    if (byte < 128) return true;
  }
  return false;
}

// Buckets that lie close together, as they do without their last bits, digit by digit.
template <typename Bucket>
void SortByKey(std::vector<Bucket>& buckets) {
  constexpr uint32_t kDigitBits = 11;
  uint64_t differing = 0;
  for (const auto& bucket : buckets) differing |= bucket.key ^ buckets[0].key;
  const auto width = static_cast<uint32_t>(std::bit_width(differing));
  if (width > 3 * kDigitBits || buckets.size() < 256) {
    std::ranges::sort(buckets, {}, &Bucket::key);
    return;
  }
  std::vector<Bucket> sorted(buckets.size());
  for (uint32_t shift = 0; shift < width; shift += kDigitBits) {
    std::array<uint32_t, (size_t{1} << kDigitBits) + 1> begins{};
    const auto digit = [&](const Bucket& bucket) {
      return static_cast<size_t>((bucket.key >> shift) & ((1U << kDigitBits) - 1));
    };
    for (const auto& bucket : buckets) ++begins[digit(bucket) + 1];
    for (size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    for (const auto& bucket : buckets) sorted[begins[digit(bucket)]++] = bucket;
    buckets.swap(sorted);
  }
}

}  // namespace

void QuantileSketch::Add(double value) {
  const auto key = KeyOf(value);
  least_ = std::min(least_, key);
  greatest_ = std::max(greatest_, key);
  ++count_;
  AddToBucket(key >> dropped_bits_, 1);
}

void QuantileSketch::AddToBucket(uint64_t key, uint64_t count) {
  if (table_.empty()) table_.resize(kTableMin);
  const auto mask = table_.size() - 1;
  auto slot = SlotOf(key, table_.size());
  while (table_[slot].count != 0 && table_[slot].key != key) slot = (slot + 1) & mask;
  auto& bucket = table_[slot];
  bucket.key = key;
  const bool is_new = bucket.count == 0;
  bucket.count += count;
  if (!is_new) return;
  if (++used_ > kUsedMax) {
    Coarsen();
  } else if (used_ * 2 > table_.size()) {
    Rebuild(table_.size() * 2, 0);
  }
}

void QuantileSketch::Rebuild(size_t table_size, uint32_t bits) {
  std::vector<Bucket> old(table_size);
  old.swap(table_);
  used_ = 0;
  for (const auto& bucket : old) {
    if (bucket.count > 0) AddToBucket(bucket.key >> bits, bucket.count);
  }
}

bool QuantileSketch::HasManyWithout(uint32_t bits) const {
  std::vector<uint64_t> found(table_.size());  // 0: nothing
  const auto mask = found.size() - 1;
  uint64_t count = 0;
  for (const auto& bucket : table_) {
    if (bucket.count == 0) continue;
    const auto key = (bucket.key >> bits) + 1;
    auto slot = SlotOf(key, found.size());
    while (found[slot] != 0 && found[slot] != key) slot = (slot + 1) & mask;
    if (found[slot] == 0 && ++count > kBucketsMax) return true;
    found[slot] = key;
  }
  return false;
}

void QuantileSketch::Coarsen() {
  uint32_t too_few = 0;
  uint32_t enough = 1;
  while (HasManyWithout(enough)) {
    too_few = enough;
    enough = std::min(2 * enough, 63U);
  }
  while (enough - too_few > 1) {
    const auto middle = (too_few + enough) / 2;
    (HasManyWithout(middle) ? too_few : enough) = middle;
  }
  CoarsenBy(enough);
}

void QuantileSketch::CoarsenBy(uint32_t bits) {
  dropped_bits_ += bits;
  if (!table_.empty()) Rebuild(table_.size(), bits);
}

QuantileSketch::Buckets QuantileSketch::Sorted() const {
  Buckets result{{}, dropped_bits_};
  auto& buckets = result.buckets;
  buckets.reserve(used_);
  for (const auto& bucket : table_) {
    if (bucket.count > 0) buckets.push_back(bucket);
  }
  SortByKey(buckets);
  // Two neighbours become one when all bits in which they differ are dropped.
  std::array<uint64_t, 65> pairs_of_width{};
  for (size_t i = 1; i < buckets.size(); ++i) {
    ++pairs_of_width[static_cast<size_t>(std::bit_width(buckets[i - 1].key ^ buckets[i].key))];
  }
  auto remaining = static_cast<uint64_t>(buckets.size());
  uint32_t bits = 0;
  while (remaining > kBucketsMax) remaining -= pairs_of_width[++bits];
  if (bits == 0) return result;
  result.dropped_bits += bits;
  size_t last = 0;
  for (auto& bucket : buckets) bucket.key >>= bits;
  for (size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].key == buckets[last].key) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
  return result;
}

void QuantileSketch::Merge(const QuantileSketch& other) {
  if (other.count_ == 0) return;
  if (other.dropped_bits_ > dropped_bits_) CoarsenBy(other.dropped_bits_ - dropped_bits_);
  count_ += other.count_;
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
  for (const auto& bucket : other.table_) {
    if (bucket.count == 0) continue;
    AddToBucket(bucket.key >> (dropped_bits_ - other.dropped_bits_), bucket.count);
  }
}

std::vector<double> QuantileSketch::Quantiles(std::span<const float> quantiles) const {
  const auto [buckets, dropped_bits] = Sorted();
  const uint64_t last = count_ - 1;
  const auto value_at = [&, &buckets = buckets, dropped_bits = dropped_bits](uint64_t rank) {
    if (rank == 0) return ValueOf(least_);
    if (rank == last) return ValueOf(greatest_);
    auto bucket = buckets.begin();
    while (rank >= bucket->count) {
      rank -= bucket->count;
      ++bucket;
    }
    const uint64_t first_key = bucket->key << dropped_bits;
    const uint64_t last_key = first_key | ((uint64_t{1} << dropped_bits) - 1);
    const double low = ValueOf(std::max(first_key, least_));
    const double high = ValueOf(std::min(last_key, greatest_));
    if (low == high) return low;
    const double part = (static_cast<double>(rank) + 0.5) / static_cast<double>(bucket->count);
    return low * (1 - part) + high * part;
  };
  std::vector<double> values;
  for (const float quantile : quantiles) {
    const double rank = std::round(static_cast<double>(quantile) * static_cast<double>(last));
    values.push_back(value_at(std::min(static_cast<uint64_t>(rank), last)));
  }
  return values;
}

std::string QuantileSketch::Serialize() const {
  std::string bytes;
  if (count_ == 0) return bytes;
  const auto sorted = Sorted();
  bytes += static_cast<char>(sorted.dropped_bits);
  AppendLittleEndian(least_, bytes);
  AppendLittleEndian(greatest_, bytes);
  uint64_t next = 0;
  for (const auto& bucket : sorted.buckets) {
    AppendNumber(bytes, bucket.key - next);
    AppendNumber(bytes, bucket.count);
    next = bucket.key + 1;
  }
  return bytes;
}

bool QuantileSketch::AddSerialized(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (bytes.size() < kHeaderBytes) return false;
  const uint32_t dropped_bits = static_cast<uint8_t>(bytes[0]);
  const auto least = LoadLittleEndian<uint64_t>(bytes.data() + 1);
  const auto greatest = LoadLittleEndian<uint64_t>(bytes.data() + 9);
  if (dropped_bits > 63 || !std::isfinite(ValueOf(least)) || !std::isfinite(ValueOf(greatest))) {
    return false;
  }
  bytes.remove_prefix(kHeaderBytes);
  std::vector<Bucket> buckets;
  buckets.reserve(bytes.size() / 2);
  uint64_t next = 0;
  while (!bytes.empty()) {
    uint64_t gap = 0;
    Bucket bucket;
    if (!TakeNumber(bytes, gap) || !TakeNumber(bytes, bucket.count)) return false;
    bucket.key = next + gap;
    // Between the bounds, the first and the last of which have buckets.
    if (bucket.key < next || bucket.key > greatest >> dropped_bits || bucket.count == 0 ||
        bucket.count > kCountMax) {
      return false;
    }
    buckets.push_back(bucket);
    next = bucket.key + 1;
  }
  if (buckets.empty() || buckets.size() > kBucketsMax ||
      buckets.front().key != least >> dropped_bits ||
      buckets.back().key != greatest >> dropped_bits) {
    return false;
  }
  if (dropped_bits > dropped_bits_) CoarsenBy(dropped_bits - dropped_bits_);
  least_ = std::min(least_, least);
  greatest_ = std::max(greatest_, greatest);
  for (const auto& bucket : buckets) {
    count_ += bucket.count;
    AddToBucket(bucket.key >> (dropped_bits_ - dropped_bits), bucket.count);
  }
  return true;
}

}  // namespace icefall
