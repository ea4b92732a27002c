// The data files that a commit has brought a table.
#pragma once

#include <vector>

#include "table/snapshot.h"

namespace icefall {

// Of the commit that `snapshot` is the state after, the newest first.
std::vector<FragmentPointer> AddedFragments(const Snapshot& snapshot);

}  // namespace icefall
