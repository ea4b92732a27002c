// Put for LocalStore: a temporary file in the object's folder, made durable, then renamed.
#pragma once

#include <string_view>

#include "base/result.h"
#include "store/object_store.h"
#include "store/root_directory.h"

namespace icefall {

// The contract of ObjectStore::Put, for a valid key.
Result<ObjectVersion> PutLocalFile(const RootDirectory& root, const ObjectKey& key,
                                   std::string_view bytes, const PutCondition& condition);

}  // namespace icefall
