#include "maintenance/dropped_files.h"

#include <algorithm>
#include <limits>

#include "log/icefall/file_names.h"

namespace icefall {
namespace {

ObjectKey MarkKey(const std::string& directory) {
  return OldestKey(directory, Sequence(std::numeric_limits<uint64_t>::max()));
}

}  // namespace

Result<DroppedFiles> ListDropped(ObjectStore& store, const std::string& directory) {
  DroppedFiles dropped;
  ICEFALL_ASSIGN_OR_RETURN(dropped.files, store.List({.prefix = directory + "/"}));
  const ObjectKey mark = MarkKey(directory);
  dropped.has_mark =
      std::erase_if(dropped.files, [&](const ObjectInfo& file) { return file.key == mark; }) > 0;
  // A manifest whose segment is gone would be damage; lines go in order, so that the rest has no
  // beginning.
  std::ranges::stable_partition(
      dropped.files, [](const ObjectInfo& file) { return ParseManifestKey(file.key).has_value(); });
  return dropped;
}

Result<void> MarkDropped(ObjectStore& store, const std::string& directory) {
  ICEFALL_RETURN_IF_ERROR(store.Put(MarkKey(directory), "", PutCondition::Always()));
  return {};
}

}  // namespace icefall
