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
  if (++used_ > kBucketsMax) {
    Coarsen();
  } else if (used_ * 2 > table_.size()) {
    auto buckets = SortedBuckets();
    table_.assign(table_.size() * 2, {});
    Rehash(buckets);
  }
}

void QuantileSketch::Rehash(const std::vector<Bucket>& buckets) {
  used_ = 0;
  for (const auto& bucket : buckets) AddToBucket(bucket.key, bucket.count);
}

std::vector<QuantileSketch::Bucket> QuantileSketch::SortedBuckets() const {
  std::vector<Bucket> buckets;
  buckets.reserve(used_);
  for (const auto& bucket : table_) {
    if (bucket.count > 0) buckets.push_back(bucket);
  }
  std::ranges::sort(buckets, {}, &Bucket::key);
  return buckets;
}

void QuantileSketch::Coarsen() {
  const auto buckets = SortedBuckets();
  // Two neighbours become one when all bits in which they differ are dropped.
  std::array<uint64_t, 65> pairs_of_width{};
  for (size_t i = 1; i < buckets.size(); ++i) {
    ++pairs_of_width[static_cast<size_t>(std::bit_width(buckets[i - 1].key ^ buckets[i].key))];
  }
  auto remaining = static_cast<uint64_t>(buckets.size());
  uint32_t bits = 0;
  while (remaining > kBucketsMax) remaining -= pairs_of_width[++bits];
  CoarsenTo(dropped_bits_ + bits);
}

void QuantileSketch::CoarsenTo(uint32_t dropped_bits) {
  auto buckets = SortedBuckets();
  for (auto& bucket : buckets) bucket.key >>= dropped_bits - dropped_bits_;
  dropped_bits_ = dropped_bits;
  std::ranges::fill(table_, Bucket{});
  Rehash(buckets);
}

void QuantileSketch::Merge(const QuantileSketch& other) {
  if (other.count_ == 0) return;
  if (other.dropped_bits_ > dropped_bits_) CoarsenTo(other.dropped_bits_);
  count_ += other.count_;
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
  for (const auto& bucket : other.table_) {
    if (bucket.count == 0) continue;
    AddToBucket(bucket.key >> (dropped_bits_ - other.dropped_bits_), bucket.count);
  }
}

std::vector<double> QuantileSketch::Quantiles(std::span<const float> quantiles) const {
  const auto buckets = SortedBuckets();
  const uint64_t last = count_ - 1;
  const auto value_at = [&](uint64_t rank) {
    if (rank == 0) return ValueOf(least_);
    if (rank == last) return ValueOf(greatest_);
    auto bucket = buckets.begin();
    while (rank >= bucket->count) {
      rank -= bucket->count;
      ++bucket;
    }
    const uint64_t first_key = bucket->key << dropped_bits_;
    const uint64_t last_key = first_key | ((uint64_t{1} << dropped_bits_) - 1);
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
  bytes += static_cast<char>(dropped_bits_);
  AppendLittleEndian(least_, bytes);
  AppendLittleEndian(greatest_, bytes);
  uint64_t next = 0;
  for (const auto& bucket : SortedBuckets()) {
    AppendNumber(bytes, bucket.key - next);
    AppendNumber(bytes, bucket.count);
    next = bucket.key + 1;
  }
  return bytes;
}

QuantileSketch QuantileSketch::Parse(std::string_view bytes) {
  QuantileSketch sketch;
  sketch.dropped_bits_ = static_cast<uint8_t>(bytes[0]);
  if (sketch.dropped_bits_ > 63) return {};
  sketch.least_ = LoadLittleEndian<uint64_t>(bytes.data() + 1);
  sketch.greatest_ = LoadLittleEndian<uint64_t>(bytes.data() + 9);
  bytes.remove_prefix(kHeaderBytes);
  if (!std::isfinite(ValueOf(sketch.least_)) || !std::isfinite(ValueOf(sketch.greatest_)))
    return {};
  const uint64_t least = sketch.least_ >> sketch.dropped_bits_;
  const uint64_t greatest = sketch.greatest_ >> sketch.dropped_bits_;
  uint64_t next = 0;
  while (!bytes.empty()) {
    uint64_t gap = 0;
    uint64_t count = 0;
    if (!TakeNumber(bytes, gap) || !TakeNumber(bytes, count)) return {};
    // Between the bounds, the first and the last of which have buckets.
    const uint64_t key = next + gap;
    if (key < next || key > greatest || count == 0 || sketch.used_ == kBucketsMax) return {};
    if (sketch.count_ == 0 && key != least) return {};
    sketch.AddToBucket(key, count);
    sketch.count_ += count;
    next = key + 1;
  }
  return sketch.count_ > 0 && next == greatest + 1 ? sketch : QuantileSketch();
}

bool QuantileSketch::AddSerialized(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (bytes.size() < kHeaderBytes) return false;
  const auto sketch = Parse(bytes);
  Merge(sketch);
  return sketch.count_ > 0;
}

}  // namespace icefall
