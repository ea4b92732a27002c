#include "sql/accel/deleted_rows.h"

#include <algorithm>
#include <iterator>

namespace icefall {
namespace {

// That are remembered of a unit: one row in 30.
constexpr uint64_t kOffsetsMax = 4'096;

uint64_t Mix(uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9;
  value ^= value >> 27;
  value *= 0x94d049bb133111eb;
  return value ^ value >> 31;
}

// Files of states have these hashes.
void AddHash(DeletedRows& rows, uint64_t value) {
  rows.hash_low = Mix(rows.hash_low + value + 0x9e3779b97f4a7c15);
  rows.hash_high = Mix(rows.hash_high ^ (value * 0xd1342543de82ef95 + 1));
}

}  // namespace

DeletedRows DeletedRowsOfUnit(const DeletionVector& deletes, uint64_t unit) {
  const uint64_t begin = unit * kUnitRows;
  std::vector<uint64_t> positions;
  deletes.AppendInRange(begin, begin + kUnitRows, positions);
  DeletedRows rows{positions.size(), 0, 0};
  for (const auto position : positions) AddHash(rows, position);
  if (positions.empty() || positions.size() > kOffsetsMax) return rows;
  std::vector<uint32_t> offsets;
  offsets.reserve(positions.size());
  for (const auto position : positions) offsets.push_back(static_cast<uint32_t>(position - begin));
  rows.offsets = std::make_shared<const std::vector<uint32_t>>(std::move(offsets));
  return rows;
}

DeletedRows DeletedRowsOfAll(std::span<const DeletedRows> units) {
  DeletedRows all;
  for (const auto& unit : units) {
    all.count += unit.count;
    AddHash(all, unit.count);
    AddHash(all, unit.hash_low);
    AddHash(all, unit.hash_high);
  }
  return all;
}

std::optional<std::vector<uint64_t>> DeletedSince(uint64_t unit, const DeletedRows& before,
                                                  const DeletedRows& now, uint64_t count_max) {
  const bool are_known = now.offsets != nullptr && (before.count == 0 || before.offsets);
  if (!are_known || now.count <= before.count || now.count - before.count > count_max) {
    return std::nullopt;
  }
  std::vector<uint32_t> since;
  if (before.count == 0) {
    since = *now.offsets;
  } else {
    std::ranges::set_difference(*now.offsets, *before.offsets, std::back_inserter(since));
    // More of them, and one from before is missing.
    if (since.size() != now.count - before.count) return std::nullopt;
  }
  std::vector<uint64_t> positions;
  for (const auto offset : since) positions.push_back(unit * kUnitRows + offset);
  return positions;
}

}  // namespace icefall
