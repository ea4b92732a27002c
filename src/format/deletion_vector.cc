#include "format/deletion_vector.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <roaring/roaring.hh>

#include "base/endian.h"
#include "base/hash.h"
#include "format/roaring_portable.h"

namespace icefall {
namespace {

constexpr std::string_view kMagic = "\xD1\xD3\x39\x64";
constexpr size_t kLengthBytes = 4;
constexpr size_t kChecksumBytes = 4;
constexpr size_t kBucketCountBytes = 8;
constexpr size_t kBucketKeyBytes = 4;
constexpr uint64_t kBucketSize = uint64_t{1} << 32;

// Positions decoded from a bitmap at a time: on the stack, and within the first-level cache. A
// range begins with few and doubles, because what is decoded past its end is wasted.
constexpr uint32_t kDecodedMin = 32;
constexpr uint32_t kDecodedMax = 1024;
// Gaps between deleted positions are filled run by run while they are longer than this on
// average; shorter ones cost more in mispredicted branches than a flag per position.
constexpr uint32_t kRunFillGapMin = 4;

uint32_t BucketKey(uint64_t position) { return static_cast<uint32_t>(position >> 32); }
uint32_t LowBits(uint64_t position) { return static_cast<uint32_t>(position); }

std::unexpected<Error> Bad(std::string what) {
  return Fail(ErrorCode::kCorruption, "deletion vector: " + std::move(what));
}

// Writes the offsets from `first` to before `last`; answers the end of what was written.
uint32_t* FillAll(uint32_t first, uint32_t last, uint32_t* kept) {
  std::iota(kept, kept + (last - first), first);
  return kept + (last - first);
}

// As FillAll, without the `deleted` offsets, which ascend and lie in [first, last).
uint32_t* FillGaps(uint32_t first, uint32_t last, std::span<const uint32_t> deleted,
                   uint32_t* kept) {
  for (const uint32_t offset : deleted) {
    kept = FillAll(first, offset, kept);
    first = offset + 1;
  }
  return FillAll(first, last, kept);
}

// As FillGaps, without a branch per position; last - first <= kDecodedMax * kRunFillGapMin.
uint32_t* FillByFlags(uint32_t first, uint32_t last, std::span<const uint32_t> deleted,
                      uint32_t* kept) {
  std::array<uint8_t, kDecodedMax * kRunFillGapMin> is_live;
  std::memset(is_live.data(), 1, last - first);
  for (const uint32_t offset : deleted) is_live[offset - first] = 0;
  // The store is unconditional, so it must not run past the room of the last live offset.
  uint32_t* const end = kept + (last - first - deleted.size());
  for (uint32_t offset = first; offset < last && kept < end; ++offset) {
    *kept = offset;
    kept += is_live[offset - first];
  }
  return kept;
}

// The part of SelectLive within one bucket: positions [begin, begin + count) of `bucket`, whose
// offsets start at `first_offset`.
uint32_t* SelectLiveInBucket(const roaring_bitmap_t& bucket, uint32_t begin, uint64_t count,
                             uint32_t first_offset, uint32_t* kept) {
  const uint64_t end = begin + count;
  uint32_t cursor = first_offset;
  const uint32_t end_offset = static_cast<uint32_t>(first_offset + count);
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(&bucket, &iterator);
  roaring_move_uint32_iterator_equalorlarger(&iterator, begin);
  std::array<uint32_t, kDecodedMax> deleted;
  uint32_t wanted = kDecodedMin;
  while (iterator.has_value && iterator.current_value < end) {
    wanted = std::min(wanted, end_offset - cursor);
    uint32_t found = roaring_read_uint32_iterator(&iterator, deleted.data(), wanted);
    while (found > 0 && deleted[found - 1] >= end) --found;
    for (uint32_t i = 0; i < found; ++i) deleted[i] = deleted[i] - begin + first_offset;
    const uint32_t next = deleted[found - 1] + 1;
    const std::span<const uint32_t> part(deleted.data(), found);
    kept = next - cursor > uint64_t{found} * kRunFillGapMin ? FillGaps(cursor, next, part, kept)
                                                            : FillByFlags(cursor, next, part, kept);
    cursor = next;
    wanted = std::min(2 * wanted, kDecodedMax);
  }
  return FillAll(cursor, end_offset, kept);
}

}  // namespace

// Buckets of 2^32 positions by their upper half. No bucket is empty, so that equal sets have
// equal maps.
struct DeletionVector::Bitmap {
  std::map<uint32_t, Roaring> buckets;

  uint64_t Max() const {
    const auto& [key, bucket] = *buckets.rbegin();
    return uint64_t{key} << 32 | bucket.maximum();
  }
};

DeletionVector::DeletionVector() : bitmap_(std::make_unique<Bitmap>()) {}
DeletionVector::DeletionVector(const DeletionVector& other)
    : bitmap_(std::make_unique<Bitmap>(*other.bitmap_)) {}
DeletionVector::DeletionVector(DeletionVector&&) noexcept = default;
DeletionVector& DeletionVector::operator=(const DeletionVector& other) {
  if (this != &other) bitmap_ = std::make_unique<Bitmap>(*other.bitmap_);
  return *this;
}
DeletionVector& DeletionVector::operator=(DeletionVector&&) noexcept = default;
DeletionVector::~DeletionVector() = default;

namespace {

// The bytes between magic and checksum, after everything around them was checked.
Result<std::string_view> Unwrap(std::string_view blob) {
  constexpr size_t kSizeMin = kLengthBytes + kMagic.size() + kBucketCountBytes + kChecksumBytes;
  if (blob.size() < kSizeMin) {
    return Bad(fmt::format("{} bytes, expected at least {}", blob.size(), kSizeMin));
  }
  const uint32_t length = LoadBigEndian<uint32_t>(blob.data());
  if (length != blob.size() - kLengthBytes - kChecksumBytes) {
    return Bad(fmt::format("length field is {}, expected {} for a blob of {} bytes", length,
                           blob.size() - kLengthBytes - kChecksumBytes, blob.size()));
  }
  const std::string_view checked = blob.substr(kLengthBytes, length);
  if (!checked.starts_with(kMagic)) {
    return Bad(fmt::format("magic is 0x{:08x}, expected 0x{:08x}",
                           LoadBigEndian<uint32_t>(checked.data()),
                           LoadBigEndian<uint32_t>(kMagic.data())));
  }
  const uint32_t stated = LoadBigEndian<uint32_t>(blob.data() + kLengthBytes + length);
  if (const uint32_t found = Crc32(checked); found != stated) {
    return Bad(fmt::format("CRC-32 of the content is 0x{:08x}, expected 0x{:08x}", found, stated));
  }
  return checked.substr(kMagic.size());
}

}  // namespace

Result<DeletionVector> DeletionVector::Deserialize(std::string_view blob, uint64_t position_limit) {
  ICEFALL_ASSIGN_OR_RETURN(std::string_view bytes, Unwrap(blob));
  const uint64_t bucket_count = LoadLittleEndian<uint64_t>(bytes.data());
  bytes.remove_prefix(kBucketCountBytes);
  DeletionVector vector;
  std::map<uint32_t, Roaring>& buckets = vector.bitmap_->buckets;
  uint64_t key_min = 0;
  for (uint64_t i = 0; i < bucket_count; ++i) {
    if (bytes.size() < kBucketKeyBytes) {
      return Bad(fmt::format("ends before bucket {} of {}", i, bucket_count));
    }
    const uint32_t key = LoadLittleEndian<uint32_t>(bytes.data());
    if (key < key_min) {
      return Bad(fmt::format("bucket {} has key {}, expected {} or more", i, key, key_min));
    }
    key_min = uint64_t{key} + 1;
    bytes.remove_prefix(kBucketKeyBytes);
    Result<size_t> size_bytes = CheckPortableRoaring(bytes);
    if (!size_bytes) {
      return Fail(size_bytes.error().WithContext(fmt::format("deletion vector: bucket {}", i)));
    }
    roaring_bitmap_t* bucket = roaring_bitmap_portable_deserialize_safe(bytes.data(), *size_bytes);
    if (bucket == nullptr) return Bad(fmt::format("bucket {} is refused by CRoaring", i));
    Roaring owned(bucket);
    // Iceberg's writer emits an empty bitmap for every key that it skips.
    if (!owned.isEmpty()) buckets.emplace_hint(buckets.end(), key, std::move(owned));
    bytes.remove_prefix(*size_bytes);
  }
  if (!bytes.empty()) {
    return Bad(fmt::format("{} bytes follow the last of {} buckets, expected none", bytes.size(),
                           bucket_count));
  }
  if (!buckets.empty() && vector.bitmap_->Max() >= position_limit) {
    return Bad(fmt::format("position {} is set, expected less than {}, the number of rows",
                           vector.bitmap_->Max(), position_limit));
  }
  return vector;
}

std::string DeletionVector::Serialize() const {
  std::string blob(kLengthBytes, '\0');
  blob += kMagic;
  AppendLittleEndian<uint64_t>(bitmap_->buckets.size(), blob);
  for (const auto& [key, bucket] : bitmap_->buckets) {
    AppendLittleEndian<uint32_t>(key, blob);
    // The smallest form: it also makes equal vectors equal bytes, however they were built.
    Roaring smallest = bucket;
    smallest.runOptimize();
    const size_t position = blob.size();
    blob.resize(position + smallest.getSizeInBytes());
    smallest.write(blob.data() + position);
  }
  const std::string_view content = std::string_view(blob).substr(kLengthBytes);
  const uint32_t length = ToBigEndian(static_cast<uint32_t>(content.size()));
  const uint32_t checksum = Crc32(content);
  std::memcpy(blob.data(), &length, sizeof(length));
  AppendBigEndian(checksum, blob);
  return blob;
}

void DeletionVector::Add(uint64_t position) {
  bitmap_->buckets[BucketKey(position)].add(LowBits(position));
}

void DeletionVector::AddMany(std::span<const uint64_t> positions) {
  std::array<uint32_t, kDecodedMax> low_bits;
  for (size_t i = 0; i < positions.size();) {
    const uint32_t key = BucketKey(positions[i]);
    size_t count = 0;
    while (count < low_bits.size() && i < positions.size() && BucketKey(positions[i]) == key) {
      low_bits[count++] = LowBits(positions[i++]);
    }
    bitmap_->buckets[key].addMany(count, low_bits.data());
  }
}

void DeletionVector::AddRange(uint64_t begin, uint64_t end) {
  while (begin < end) {
    const uint64_t count = std::min(end - begin, kBucketSize - LowBits(begin));
    bitmap_->buckets[BucketKey(begin)].addRange(LowBits(begin), LowBits(begin) + count);
    if (count == end - begin) break;
    begin += count;
  }
}

bool DeletionVector::Contains(uint64_t position) const {
  const auto found = bitmap_->buckets.find(BucketKey(position));
  return found != bitmap_->buckets.end() && found->second.contains(LowBits(position));
}

uint64_t DeletionVector::cardinality() const {
  uint64_t cardinality = 0;
  for (const auto& [key, bucket] : bitmap_->buckets) cardinality += bucket.cardinality();
  return cardinality;
}

bool DeletionVector::empty() const { return bitmap_->buckets.empty(); }

DeletionVector& DeletionVector::operator|=(const DeletionVector& other) {
  for (const auto& [key, bucket] : other.bitmap_->buckets) bitmap_->buckets[key] |= bucket;
  return *this;
}

DeletionVector& DeletionVector::operator-=(const DeletionVector& other) {
  if (this == &other) {
    bitmap_->buckets.clear();
    return *this;
  }
  for (const auto& [key, bucket] : other.bitmap_->buckets) {
    const auto mine = bitmap_->buckets.find(key);
    if (mine == bitmap_->buckets.end()) continue;
    mine->second -= bucket;
    if (mine->second.isEmpty()) bitmap_->buckets.erase(mine);
  }
  return *this;
}

bool DeletionVector::Intersects(const DeletionVector& other) const {
  for (const auto& [key, bucket] : other.bitmap_->buckets) {
    const auto mine = bitmap_->buckets.find(key);
    if (mine == bitmap_->buckets.end()) continue;
    if (roaring_bitmap_intersect(&mine->second.roaring, &bucket.roaring)) return true;
  }
  return false;
}

bool DeletionVector::operator==(const DeletionVector& other) const {
  return bitmap_->buckets == other.bitmap_->buckets;
}

void DeletionVector::ForEach(const std::function<bool(uint64_t)>& visit) const {
  std::array<uint32_t, kDecodedMax> low_bits;
  for (const auto& [key, bucket] : bitmap_->buckets) {
    roaring_uint32_iterator_t iterator;
    roaring_init_iterator(&bucket.roaring, &iterator);
    while (iterator.has_value) {
      const uint32_t found = roaring_read_uint32_iterator(&iterator, low_bits.data(), kDecodedMax);
      for (uint32_t i = 0; i < found; ++i) {
        if (!visit(uint64_t{key} << 32 | low_bits[i])) return;
      }
    }
  }
}

uint64_t DeletionVector::SelectLive(uint64_t begin, uint64_t count, uint32_t* kept) const {
  uint32_t* end = kept;
  uint32_t offset = 0;
  while (offset < count) {
    const uint64_t position = begin + offset;
    const uint64_t part = std::min(count - offset, kBucketSize - LowBits(position));
    const auto bucket = bitmap_->buckets.find(BucketKey(position));
    end = bucket == bitmap_->buckets.end()
              ? FillAll(offset, static_cast<uint32_t>(offset + part), end)
              : SelectLiveInBucket(bucket->second.roaring, LowBits(position), part, offset, end);
    offset = static_cast<uint32_t>(offset + part);
  }
  return static_cast<uint64_t>(end - kept);
}

uint64_t DeletionVector::CardinalityInRange(uint64_t begin, uint64_t end) const {
  uint64_t cardinality = 0;
  auto bucket = bitmap_->buckets.lower_bound(BucketKey(begin));
  for (; bucket != bitmap_->buckets.end() && begin < end; ++bucket) {
    const uint64_t first = uint64_t{bucket->first} << 32;
    if (first >= end) break;
    const uint64_t low_begin = begin > first ? begin - first : 0;
    const uint64_t low_end = std::min(end - first, kBucketSize);
    cardinality += roaring_bitmap_range_cardinality(&bucket->second.roaring, low_begin, low_end);
  }
  return cardinality;
}

}  // namespace icefall
