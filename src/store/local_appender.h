// The appender of LocalStore.
#pragma once

#include <memory>

#include "base/result.h"
#include "store/object_store.h"
#include "store/root_directory.h"

namespace icefall {

// The contract of ObjectStore::OpenAppender, for a valid key.
Result<std::unique_ptr<ObjectAppender>> OpenLocalAppender(const RootDirectory& root,
                                                          const ObjectKey& key);

}  // namespace icefall
