// Files that are shown as they are stored.
#pragma once

#include <memory>
#include <string>

#include "s3proxy/virtual_file.h"
#include "store/object_store.h"

namespace icefall::s3proxy {

// An object of a store that never changes. `identity` says which of all, and makes the ETag.
VirtualFilePointer MakeRawFile(std::string key, TimestampMicros modified_at,
                               std::shared_ptr<ObjectStore> store, ObjectKey object,
                               uint64_t size_bytes, std::string_view identity);

// The quoted ETag of bytes that this text names.
std::string EtagOf(std::string_view identity);

}  // namespace icefall::s3proxy
