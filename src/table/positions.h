// Row positions as sets and as text for error messages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "format/deletion_vector.h"

namespace icefall {

DeletionVector Intersection(const DeletionVector& a, const DeletionVector& b);

DeletionVector Difference(const DeletionVector& a, const DeletionVector& b);

// [0, end).
DeletionVector PositionsBelow(uint64_t end);

// Those of them that a message shows.
std::vector<uint64_t> FirstPositions(const DeletionVector& positions);

// The first few and how many there are: "row 7", "rows 3, 5, 9", "rows 3, 5, 9, 10, 11 and 7 more".
std::string DescribePositions(const DeletionVector& positions);

}  // namespace icefall
