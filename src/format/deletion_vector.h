// Deletion vectors: the set of deleted row positions of one fragment, as a 64-bit roaring bitmap.
//
// Serialized form: the `deletion-vector-v1` blob of the Puffin specification (also Delta's): 4-byte
// big-endian length of what follows up to the checksum, magic D1 D3 39 64, 64-bit little-endian
// bucket count, per bucket in unsigned key order a 32-bit little-endian key and a 32-bit roaring
// bitmap in portable form, 4-byte big-endian CRC-32 over magic and bitmaps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefall {

// A value type. A copy shares what neither changes afterwards, so that copying a large vector to
// change a row of it costs little. Const calls are safe from several threads, changes of copies
// too.
class DeletionVector {
 public:
  DeletionVector();
  DeletionVector(const DeletionVector& other);
  DeletionVector(DeletionVector&&) noexcept;
  DeletionVector& operator=(const DeletionVector& other);
  DeletionVector& operator=(DeletionVector&&) noexcept;
  ~DeletionVector();

  // Reads the blob. `position_limit` is the fragment's row count: a position at or past it is
  // corruption, as are a bad magic, length, checksum, key order or bitmap. Memory stays within a
  // small multiple of the blob's size whatever the bytes say. Error: kCorruption.
  static Result<DeletionVector> Deserialize(std::string_view blob, uint64_t position_limit);
  std::string Serialize() const;

  void Add(uint64_t position);
  // Positions in any order, duplicates allowed; sorted runs are fastest.
  void AddMany(std::span<const uint64_t> positions);
  // Adds [begin, end).
  void AddRange(uint64_t begin, uint64_t end);

  bool Contains(uint64_t position) const;
  uint64_t cardinality() const;
  bool empty() const;

  DeletionVector& operator|=(const DeletionVector& other);
  DeletionVector& operator-=(const DeletionVector& other);
  bool Intersects(const DeletionVector& other) const;
  bool operator==(const DeletionVector& other) const;
  // Of the positions in [begin, end). Costs little where both share what they have there.
  bool IsEqualInRange(const DeletionVector& other, uint64_t begin, uint64_t end) const;

  // Calls `visit` with every position in ascending order until it returns false.
  void ForEach(const std::function<bool(uint64_t)>& visit) const;
  // Adds the positions in [begin, end) to `positions`, ascending.
  void AppendInRange(uint64_t begin, uint64_t end, std::vector<uint64_t>& positions) const;

  // Writes into `kept` the offsets i in [0, count) whose position begin + i is not deleted, in
  // ascending order; answers how many. `kept` has room for count. count < 2^32.
  uint64_t SelectLive(uint64_t begin, uint64_t count, uint32_t* kept) const;

  // Deleted positions in [begin, end).
  uint64_t CardinalityInRange(uint64_t begin, uint64_t end) const;

 private:
  struct Bitmap;
  std::unique_ptr<Bitmap> bitmap_;
};

}  // namespace icefall
