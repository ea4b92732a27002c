// Walks the folders of LocalStore.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/object_store.h"
#include "store/root_directory.h"

namespace icefall {

// The contract of ObjectStore::List.
Result<std::vector<ObjectInfo>> ListLocalFiles(const RootDirectory& root,
                                               const ListRequest& request);

// The contract of ObjectStore::RemoveAbandoned.
Result<uint64_t> RemoveAbandonedFiles(const RootDirectory& root, TimestampMicros started_before);

}  // namespace icefall
