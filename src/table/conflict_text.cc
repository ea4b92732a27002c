#include "table/conflict_text.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "table/positions.h"

namespace icefall {
namespace {

std::string WithIds(const DeletionVector& positions, const std::vector<uint64_t>& ids) {
  if (ids.empty()) return DescribePositions(positions);
  return fmt::format("{} (rowid {}{})", DescribePositions(positions), fmt::join(ids, ", "),
                     ids.size() < positions.cardinality() ? ", …" : "");
}

}  // namespace

std::string DescribeRows(const Fragment& fragment, const DeletionVector& positions,
                         const RowIdReader& read) {
  const std::vector<uint64_t> shown = FirstPositions(positions);
  std::vector<uint64_t> ids;
  if (!fragment.has_row_ids) {
    for (const uint64_t position : shown) ids.push_back(fragment.first_row_id.value + position);
  } else if (read) {
    std::map<uint64_t, uint64_t> found;
    const auto visited = read(fragment, [&](uint64_t position, RowId id) {
      if (std::ranges::binary_search(shown, position)) found[position] = id.value;
    });
    // A message is no place to fail in.
    if (visited.has_value()) {
      for (const auto& [position, id] : found) ids.push_back(id);
    }
  }
  return WithIds(positions, ids);
}

std::string DescribeInlineRows(const InlineRows& rows, const DeletionVector& positions) {
  std::vector<uint64_t> ids;
  for (const uint64_t position : FirstPositions(positions)) {
    const InlineBatchPointer batch = rows.batches.Find(position);
    if (batch == nullptr) continue;
    const uint64_t row = position - batch->first_position;
    ids.push_back(batch->RowIdOf(row).value);
  }
  return WithIds(positions, ids);
}

}  // namespace icefall
