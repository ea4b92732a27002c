#include "sql/accel/state_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace icefall {
namespace {

// That are remembered of a unit.
constexpr uint64_t kPositionsMax = 1'024;

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
  std::vector<uint64_t> positions;  // of the last unit that has any
  const DeletedRows* last = nullptr;
  const auto remember = [&] {
    if (last == nullptr || last->count > kPositionsMax) return;
    units[static_cast<size_t>(last - units.data())].positions =
        std::make_shared<const std::vector<uint64_t>>(positions);
  };
  deletes->ForEach([&](uint64_t position) {
    if (position >= row_count) return false;
    auto& unit = units[position / kUnitRows];
    if (&unit != last) {
      remember();
      positions.clear();
      last = &unit;
    }
    if (unit.count < kPositionsMax) positions.push_back(position);
    ++unit.count;
    unit.hash_low = Mix(unit.hash_low + position + 0x9e3779b97f4a7c15);
    unit.hash_high = Mix(unit.hash_high ^ (position * 0xd1342543de82ef95 + 1));
    return true;
  });
  remember();
  return units;
}

std::optional<std::vector<uint64_t>> DeletedSince(const DeletedRows& before, const DeletedRows& now,
                                                  uint64_t count_max) {
  const bool are_known = now.positions != nullptr && (before.count == 0 || before.positions);
  if (!are_known || now.count <= before.count || now.count - before.count > count_max) {
    return std::nullopt;
  }
  if (before.count == 0) return *now.positions;
  std::vector<uint64_t> since;
  std::ranges::set_difference(*now.positions, *before.positions, std::back_inserter(since));
  // More of them, and one from before is missing.
  if (since.size() != now.count - before.count) return std::nullopt;
  return since;
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
