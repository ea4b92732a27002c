#include "format/deletion_vector.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

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
// What a change copies of a vector that others hold too: at most four containers of 2^16 positions.
constexpr unsigned kShardBits = 18;
constexpr uint64_t kShardSize = uint64_t{1} << kShardBits;

// Positions decoded from a bitmap at a time: on the stack, and within the first-level cache. A
// range begins with few and doubles, because what is decoded past its end is wasted.
constexpr uint32_t kDecodedMin = 32;
constexpr uint32_t kDecodedMax = 1024;
// Gaps between deleted positions are filled run by run while they are longer than this on
// average; shorter ones cost more in mispredicted branches than a flag per position.
constexpr uint32_t kRunFillGapMin = 4;

uint32_t BucketKey(uint64_t position) { return static_cast<uint32_t>(position >> 32); }
uint32_t LowBits(uint64_t position) { return static_cast<uint32_t>(position); }
uint64_t ShardKey(uint64_t position) { return position >> kShardBits; }

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

// The part of SelectLive within one shard: positions [begin, begin + count) of `shard`, whose
// offsets start at `first_offset`.
uint32_t* SelectLiveInShard(const roaring_bitmap_t& shard, uint32_t begin, uint64_t count,
                            uint32_t first_offset, uint32_t* kept) {
  const uint64_t end = begin + count;
  uint32_t cursor = first_offset;
  const uint32_t end_offset = static_cast<uint32_t>(first_offset + count);
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(&shard, &iterator);
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

// Shards of kShardSize positions, each with the lower half of its positions. No shard is empty, so
// that equal sets have equal shards. Vectors that were copied from each other share what neither
// has changed since.
struct DeletionVector::Bitmap {
  struct Shard {
    uint64_t key = 0;
    std::shared_ptr<Roaring> positions;
  };
  std::vector<Shard> shards;  // by ascending key

  std::vector<Shard>::iterator LowerBound(uint64_t key) {
    return std::ranges::lower_bound(shards, key, {}, &Shard::key);
  }
  const Roaring* Find(uint64_t key) const {
    const auto found = std::ranges::lower_bound(shards, key, {}, &Shard::key);
    return found == shards.end() || found->key != key ? nullptr : found->positions.get();
  }
  // A shard that nobody else holds; made when there is none.
  Roaring& Change(uint64_t key) {
    const auto found = LowerBound(key);
    if (found == shards.end() || found->key != key) {
      return *shards.insert(found, {key, std::make_shared<Roaring>()})->positions;
    }
    return Own(*found);
  }
  static Roaring& Own(Shard& shard) {
    if (shard.positions.use_count() > 1) {
      shard.positions = std::make_shared<Roaring>(*shard.positions);
    } else {
      // Whoever let go of it last has finished reading.
      std::atomic_thread_fence(std::memory_order_acquire);
    }
    return *shard.positions;
  }
  uint64_t Max() const {
    const auto& [key, positions] = shards.back();
    return key << kShardBits | (positions->maximum() & (kShardSize - 1));
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

// The shards of a bucket, each with its first position.
std::vector<std::pair<uint32_t, std::shared_ptr<Roaring>>> SplitBucket(Roaring bucket) {
  std::vector<std::pair<uint32_t, std::shared_ptr<Roaring>>> shards;
  if (bucket.isEmpty()) return shards;
  const auto first_of = [](uint32_t position) {
    return static_cast<uint32_t>(ShardKey(position) << kShardBits);
  };
  if (first_of(bucket.minimum()) == first_of(bucket.maximum())) {
    const uint32_t first = first_of(bucket.minimum());
    shards.emplace_back(first, std::make_shared<Roaring>(std::move(bucket)));
    return shards;
  }
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(&bucket.roaring, &iterator);
  while (iterator.has_value) {
    const uint32_t first = first_of(iterator.current_value);
    Roaring range;
    range.addRange(first, first + kShardSize);
    shards.emplace_back(first, std::make_shared<Roaring>(bucket & range));
    if (first + kShardSize == kBucketSize) break;
    roaring_move_uint32_iterator_equalorlarger(&iterator,
                                               static_cast<uint32_t>(first + kShardSize));
  }
  return shards;
}

}  // namespace

Result<DeletionVector> DeletionVector::Deserialize(std::string_view blob, uint64_t position_limit) {
  ICEFALL_ASSIGN_OR_RETURN(std::string_view bytes, Unwrap(blob));
  const uint64_t bucket_count = LoadLittleEndian<uint64_t>(bytes.data());
  bytes.remove_prefix(kBucketCountBytes);
  DeletionVector vector;
  auto& shards = vector.bitmap_->shards;
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
    for (auto& [first, positions] : SplitBucket(std::move(owned))) {
      shards.push_back({ShardKey(uint64_t{key} << 32 | first), std::move(positions)});
    }
    bytes.remove_prefix(*size_bytes);
  }
  if (!bytes.empty()) {
    return Bad(fmt::format("{} bytes follow the last of {} buckets, expected none", bytes.size(),
                           bucket_count));
  }
  if (!shards.empty() && vector.bitmap_->Max() >= position_limit) {
    return Bad(fmt::format("position {} is set, expected less than {}, the number of rows",
                           vector.bitmap_->Max(), position_limit));
  }
  return vector;
}

std::string DeletionVector::Serialize() const {
  const auto bucket_of = [](const Bitmap::Shard& shard) {
    return BucketKey(shard.key << kShardBits);
  };
  std::map<uint32_t, std::vector<const Roaring*>> buckets;
  for (const auto& shard : bitmap_->shards) {
    buckets[bucket_of(shard)].push_back(shard.positions.get());
  }
  std::string blob(kLengthBytes, '\0');
  blob += kMagic;
  AppendLittleEndian<uint64_t>(buckets.size(), blob);
  for (auto& [key, parts] : buckets) {
    AppendLittleEndian<uint32_t>(key, blob);
    // The smallest form: it also makes equal vectors equal bytes, however they were built.
    Roaring smallest = Roaring::fastunion(parts.size(), parts.data());
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
  bitmap_->Change(ShardKey(position)).add(LowBits(position));
}

void DeletionVector::AddMany(std::span<const uint64_t> positions) {
  std::array<uint32_t, kDecodedMax> low_bits;
  for (size_t i = 0; i < positions.size();) {
    const uint64_t key = ShardKey(positions[i]);
    size_t count = 0;
    while (count < low_bits.size() && i < positions.size() && ShardKey(positions[i]) == key) {
      low_bits[count++] = LowBits(positions[i++]);
    }
    bitmap_->Change(key).addMany(count, low_bits.data());
  }
}

void DeletionVector::AddRange(uint64_t begin, uint64_t end) {
  while (begin < end) {
    const uint64_t count = std::min(end - begin, kShardSize - begin % kShardSize);
    bitmap_->Change(ShardKey(begin)).addRange(LowBits(begin), LowBits(begin) + count);
    begin += count;
    if (begin == 0) break;  // the end of all positions
  }
}

bool DeletionVector::Contains(uint64_t position) const {
  const auto* shard = bitmap_->Find(ShardKey(position));
  return shard != nullptr && shard->contains(LowBits(position));
}

uint64_t DeletionVector::cardinality() const {
  uint64_t cardinality = 0;
  for (const auto& shard : bitmap_->shards) cardinality += shard.positions->cardinality();
  return cardinality;
}

bool DeletionVector::empty() const { return bitmap_->shards.empty(); }

DeletionVector& DeletionVector::operator|=(const DeletionVector& other) {
  if (bitmap_->shards.empty()) return *this = other;
  for (const auto& [key, positions] : other.bitmap_->shards) {
    const auto mine = bitmap_->LowerBound(key);
    if (mine == bitmap_->shards.end() || mine->key != key) {
      bitmap_->shards.insert(mine, {key, positions});
    } else if (mine->positions != positions) {
      Bitmap::Own(*mine) |= *positions;
    }
  }
  return *this;
}

DeletionVector& DeletionVector::operator-=(const DeletionVector& other) {
  if (this == &other) {
    bitmap_->shards.clear();
    return *this;
  }
  std::erase_if(bitmap_->shards, [&](Bitmap::Shard& mine) {
    const auto* theirs = other.bitmap_->Find(mine.key);
    if (theirs == nullptr) return false;
    if (theirs == mine.positions.get()) return true;
    Bitmap::Own(mine) -= *theirs;
    return mine.positions->isEmpty();
  });
  return *this;
}

bool DeletionVector::Intersects(const DeletionVector& other) const {
  return std::ranges::any_of(bitmap_->shards, [&](const Bitmap::Shard& mine) {
    const auto* theirs = other.bitmap_->Find(mine.key);
    return theirs != nullptr &&
           roaring_bitmap_intersect(&mine.positions->roaring, &theirs->roaring);
  });
}

bool DeletionVector::operator==(const DeletionVector& other) const {
  return std::ranges::equal(bitmap_->shards, other.bitmap_->shards,
                            [](const Bitmap::Shard& one, const Bitmap::Shard& two) {
                              return one.key == two.key && (one.positions == two.positions ||
                                                            *one.positions == *two.positions);
                            });
}

void DeletionVector::ForEach(const std::function<bool(uint64_t)>& visit) const {
  std::array<uint32_t, kDecodedMax> low_bits;
  for (const auto& [key, positions] : bitmap_->shards) {
    const uint64_t high_bits = (key << kShardBits) & ~(kBucketSize - 1);
    roaring_uint32_iterator_t iterator;
    roaring_init_iterator(&positions->roaring, &iterator);
    while (iterator.has_value) {
      const uint32_t found = roaring_read_uint32_iterator(&iterator, low_bits.data(), kDecodedMax);
      for (uint32_t i = 0; i < found; ++i) {
        if (!visit(high_bits | low_bits[i])) return;
      }
    }
  }
}

void DeletionVector::AppendInRange(uint64_t begin, uint64_t end,
                                   std::vector<uint64_t>& positions) const {
  std::array<uint32_t, kDecodedMax> low_bits;
  auto shard = bitmap_->LowerBound(ShardKey(begin));
  for (; shard != bitmap_->shards.end(); ++shard) {
    const uint64_t first = shard->key << kShardBits;
    if (first >= end) return;
    const uint64_t high_bits = first & ~(kBucketSize - 1);
    roaring_uint32_iterator_t iterator;
    roaring_init_iterator(&shard->positions->roaring, &iterator);
    if (begin > first) roaring_move_uint32_iterator_equalorlarger(&iterator, LowBits(begin));
    while (iterator.has_value) {
      const uint32_t found = roaring_read_uint32_iterator(&iterator, low_bits.data(), kDecodedMax);
      for (uint32_t i = 0; i < found; ++i) {
        const uint64_t position = high_bits | low_bits[i];
        if (position >= end) return;
        positions.push_back(position);
      }
    }
  }
}

bool DeletionVector::IsEqualInRange(const DeletionVector& other, uint64_t begin,
                                    uint64_t end) const {
  const auto key_of = [](const auto& shard, const auto& shards) {
    return shard == shards.end() ? UINT64_MAX : shard->key;
  };
  auto mine = bitmap_->LowerBound(ShardKey(begin));
  auto theirs = other.bitmap_->LowerBound(ShardKey(begin));
  while (true) {
    const uint64_t my_key = key_of(mine, bitmap_->shards);
    const uint64_t their_key = key_of(theirs, other.bitmap_->shards);
    const uint64_t key = std::min(my_key, their_key);
    if (key == UINT64_MAX || key << kShardBits >= end) return true;
    if (my_key != their_key || mine->positions != theirs->positions) {
      const uint64_t first = key << kShardBits;
      const uint64_t last = std::min(end - first, kShardSize) + first;
      std::vector<uint64_t> positions;
      std::vector<uint64_t> other_positions;
      AppendInRange(std::max(begin, first), last, positions);
      other.AppendInRange(std::max(begin, first), last, other_positions);
      if (positions != other_positions) return false;
    }
    if (my_key == key) ++mine;
    if (their_key == key) ++theirs;
  }
}

uint64_t DeletionVector::SelectLive(uint64_t begin, uint64_t count, uint32_t* kept) const {
  uint32_t* end = kept;
  uint32_t offset = 0;
  while (offset < count) {
    const uint64_t position = begin + offset;
    const uint64_t part = std::min(count - offset, kShardSize - position % kShardSize);
    const auto* shard = bitmap_->Find(ShardKey(position));
    end = shard == nullptr
              ? FillAll(offset, static_cast<uint32_t>(offset + part), end)
              : SelectLiveInShard(shard->roaring, LowBits(position), part, offset, end);
    offset = static_cast<uint32_t>(offset + part);
  }
  return static_cast<uint64_t>(end - kept);
}

uint64_t DeletionVector::CardinalityInRange(uint64_t begin, uint64_t end) const {
  uint64_t cardinality = 0;
  auto shard = bitmap_->LowerBound(ShardKey(begin));
  for (; shard != bitmap_->shards.end() && begin < end; ++shard) {
    const uint64_t first = shard->key << kShardBits;
    if (first >= end) break;
    const uint64_t low_begin = LowBits(std::max(begin, first));
    const uint64_t low_end = LowBits(first) + std::min(end - first, kShardSize);
    cardinality += roaring_bitmap_range_cardinality(&shard->positions->roaring, low_begin, low_end);
  }
  return cardinality;
}

}  // namespace icefall
