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
  const auto key = fmt::format("{} {}", table_uuid, fragment.path);
  File file;
  {
    const std::lock_guard lock(mutex_);
    if (const auto* found = files_.Find(key)) file = *found;
  }
  if (file.deletes == fragment.deletes) return file.units;
  const auto units = UnitsOf(fragment, file.deletes.get(), file.units);
  const std::lock_guard lock(mutex_);
  files_.Put(key, {fragment.deletes, units}, SizeOf(fragment, *units), budget_bytes);
  return units;
}

void DeletedUnits::Clear() {
  const std::lock_guard lock(mutex_);
  files_.Clear();
}

uint64_t DeletedUnits::size_bytes() {
  const std::lock_guard lock(mutex_);
  return files_.size();
}

}  // namespace icefall
