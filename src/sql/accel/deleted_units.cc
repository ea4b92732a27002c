#include "sql/accel/deleted_units.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace icefall {
namespace {

using Units = DeletedUnits::Units;

Units UnitsOf(const Fragment& fragment, const DeletionVector* earlier, const Units& known) {
  std::vector<DeletedRows> units((fragment.row_count + kUnitRows - 1) / kUnitRows);
  const auto* deletes = fragment.deletes.get();
  for (uint64_t unit = 0; deletes != nullptr && unit < units.size(); ++unit) {
    const auto begin = unit * kUnitRows;
    const bool is_known =
        earlier != nullptr && earlier->IsEqualInRange(*deletes, begin, begin + kUnitRows);
    units[unit] = is_known ? (*known)[unit] : DeletedRowsOfUnit(*deletes, unit);
  }
  return std::make_shared<const std::vector<DeletedRows>>(std::move(units));
}

// The deletion vector is held, too: most of it is what the table has, but of a table that has gone
// on or is gone nobody else may hold it.
uint64_t SizeOf(const Fragment& fragment, const std::vector<DeletedRows>& units) {
  uint64_t size = 256 + fragment.path.size() + units.size() * sizeof(DeletedRows);
  size += std::min(2 * fragment.deleted_count(), fragment.row_count / 8);
  for (const auto& unit : units) size += unit.size_bytes();
  return size;
}

}  // namespace

Units DeletedUnits::Of(const std::string& table_uuid, const Fragment& fragment,
                       uint64_t budget_bytes) {
  if (fragment.deletes == nullptr) return UnitsOf(fragment, nullptr, nullptr);
  File file{fmt::format("{} {}", table_uuid, fragment.path), nullptr, nullptr, 0};
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(file.key);
    if (found != by_key_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      file = *found->second;
    }
  }
  if (file.deletes == fragment.deletes) return file.units;
  file.units = UnitsOf(fragment, file.deletes.get(), file.units);
  file.deletes = fragment.deletes;
  file.size_bytes = SizeOf(fragment, *file.units);
  const auto units = file.units;
  Put(std::move(file), budget_bytes);
  return units;
}

void DeletedUnits::Put(File file, uint64_t budget_bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(file.key);
  if (found != by_key_.end()) {
    size_bytes_ -= found->second->size_bytes;
    order_.erase(found->second);
    by_key_.erase(found);
  }
  size_bytes_ += file.size_bytes;
  order_.push_front(std::move(file));
  by_key_.emplace(order_.front().key, order_.begin());
  while (size_bytes_ > budget_bytes) {
    size_bytes_ -= order_.back().size_bytes;
    by_key_.erase(order_.back().key);
    order_.pop_back();
  }
}

void DeletedUnits::Clear() {
  const std::lock_guard lock(mutex_);
  by_key_.clear();
  order_.clear();
  size_bytes_ = 0;
}

uint64_t DeletedUnits::size_bytes() {
  const std::lock_guard lock(mutex_);
  return size_bytes_;
}

}  // namespace icefall
