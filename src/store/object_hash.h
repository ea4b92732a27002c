// The hash of a stored object.
#pragma once

#include <string>

#include "base/result.h"
#include "store/object_store.h"

namespace icefall {

// SHA-256 of the bytes, as sha256sum prints it; the object must not change meanwhile. Reads it in
// pieces of some megabytes. Errors: those of Stat and Read.
Result<std::string> ObjectSha256(ObjectStore& store, const ObjectKey& key);

}  // namespace icefall
