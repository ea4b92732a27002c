// Comparing two states of a table that should be the same.
#pragma once

#include <string>

#include "table/snapshot.h"

namespace icefall {

// The first difference in words, "" when there is none. `log` is the replayed state.
std::string DescribeDifference(const Snapshot& log, const Snapshot& manifest);

}  // namespace icefall
