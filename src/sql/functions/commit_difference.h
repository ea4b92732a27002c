// The rows that one commit added and removed, each as a snapshot that an ordinary scan can read.
#pragma once

#include "table/snapshot.h"

namespace icefall {

struct CommitDifference {
  SnapshotPointer removed;  // the rows as they were before; null when there are none
  SnapshotPointer added;    // null when there are none
};

// Between a snapshot and its child. Rows of both are read under `schema`. Rows that a commit moved
// (compaction, a flush of inline rows) are in both.
CommitDifference DifferenceOf(const Snapshot& before, const Snapshot& after,
                              const std::shared_ptr<const Schema>& schema);

}  // namespace icefall
