// What is stored of a table that has no name any more.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/object_store.h"

namespace icefall {

struct DroppedFiles {
  bool has_mark = false;
  // In the order in which they may go, so that what is left after a stop is no damage.
  std::vector<ObjectInfo> files;
};

// All objects of the directory but its mark.
Result<DroppedFiles> ListDropped(ObjectStore& store, const std::string& directory);

// Marks the directory, before its first object is deleted: readers of the past hear that the table
// is gone, and no table gets the directory again. Another one may be deleting what it listed there.
Result<void> MarkDropped(ObjectStore& store, const std::string& directory);

}  // namespace icefall
