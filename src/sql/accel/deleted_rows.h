// Which rows of a part of a data file are deleted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "format/deletion_vector.h"

namespace icefall {

// Positions of a file whose states are kept together: unit u has [u, u + 1) times this.
inline constexpr uint64_t kUnitRows = 122'880;

// The deleted rows of one unit, or of some; equal ones are the same rows.
struct DeletedRows {
  uint64_t count = 0;
  uint64_t hash_low = 0;
  uint64_t hash_high = 0;
  // From the unit's first row on, ascending. Null: there are none, or they are many or not known.
  std::shared_ptr<const std::vector<uint32_t>> offsets = nullptr;

  bool operator==(const DeletedRows& other) const {
    return count == other.count && hash_low == other.hash_low && hash_high == other.hash_high;
  }
  uint64_t size_bytes() const { return offsets == nullptr ? 0 : 4 * offsets->size(); }
};

DeletedRows DeletedRowsOfUnit(const DeletionVector& deletes, uint64_t unit);

// Of several units, in this order. Without offsets.
DeletedRows DeletedRowsOfAll(std::span<const DeletedRows> units);

// The positions in the file that are deleted now in the unit and were not before; absent where they
// are more than `count_max`, some of those before are not deleted now, or they are not known.
std::optional<std::vector<uint64_t>> DeletedSince(uint64_t unit, const DeletedRows& before,
                                                  const DeletedRows& now, uint64_t count_max);

}  // namespace icefall
