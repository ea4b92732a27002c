#include "sql/accel/state_rows.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

uint64_t Mix(uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9;
  value ^= value >> 27;
  value *= 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace

std::vector<DeletedRows> DeletedRowsOfUnits(uint64_t row_count, const DeletionVector* deletes) {
  std::vector<DeletedRows> units((row_count + kUnitRows - 1) / kUnitRows);
  if (deletes == nullptr) return units;
  deletes->ForEach([&](uint64_t position) {
    if (position >= row_count) return false;
    auto& unit = units[position / kUnitRows];
    ++unit.count;
    unit.hash_low = Mix(unit.hash_low + position + 0x9e3779b97f4a7c15);
    unit.hash_high = Mix(unit.hash_high ^ (position * 0xd1342543de82ef95 + 1));
    return true;
  });
  return units;
}

std::optional<std::vector<size_t>> ColumnsOf(const StateShape& wanted, const StateShape& kept) {
  std::vector<size_t> columns;
  const auto add = [&](const std::vector<std::string>& names, const std::vector<std::string>& from,
                       size_t offset) {
    return std::ranges::all_of(names, [&](const std::string& name) {
      const auto found = std::ranges::find(from, name);
      columns.push_back(offset + static_cast<size_t>(found - from.begin()));
      return found != from.end();
    });
  };
  if (!add(wanted.keys, kept.keys, 0) || !add(wanted.states, kept.states, kept.keys.size())) {
    return std::nullopt;
  }
  return columns;
}

void StateRows::Add(duckdb::unique_ptr<duckdb::DataChunk> chunk) {
  row_count += chunk->size();
  size_bytes += chunk->GetAllocationSize() + 128;
  chunks.push_back(std::move(chunk));
}

}  // namespace icefall
