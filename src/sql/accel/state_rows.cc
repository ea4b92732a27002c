#include "sql/accel/state_rows.h"

#include <algorithm>
#include <utility>

namespace icefall {
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
