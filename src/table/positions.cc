#include "table/positions.h"

#include <fmt/format.h>

namespace icefall {

DeletionVector Intersection(const DeletionVector& a, const DeletionVector& b) {
  return Difference(a, Difference(a, b));
}

DeletionVector Difference(const DeletionVector& a, const DeletionVector& b) {
  DeletionVector difference = a;
  difference -= b;
  return difference;
}

DeletionVector PositionsBelow(uint64_t end) {
  DeletionVector positions;
  positions.AddRange(0, end);
  return positions;
}

std::vector<uint64_t> FirstPositions(const DeletionVector& positions) {
  constexpr size_t kShownMax = 5;
  std::vector<uint64_t> shown;
  positions.ForEach([&](uint64_t position) {
    shown.push_back(position);
    return shown.size() < kShownMax;
  });
  return shown;
}

std::string DescribePositions(const DeletionVector& positions) {
  const std::vector<uint64_t> shown = FirstPositions(positions);
  const uint64_t hidden = positions.cardinality() - shown.size();
  return fmt::format("{} {}{}", shown.size() == 1 && hidden == 0 ? "row" : "rows",
                     fmt::join(shown, ", "),
                     hidden == 0 ? "" : fmt::format(" and {} more", hidden));
}

}  // namespace icefall
