// From the location that a user writes to the store that serves it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/object_store.h"

namespace icefall {

enum class StoreOpenMode {
  kExisting,         // kNotFound where nothing is
  kCreateIfMissing,  // makes the directory or its like
};

// Opens the store of a location:
//   /data/mydb, mydb, file:/data/mydb, file:///data/mydb   a local directory (no %-decoding)
//   memory:                                                 a new, empty store in memory
//   s3://bucket/prefix, s3://bucket/prefix?endpoint=…       see store/s3/s3_location.h
// A path whose first segment has a ':' is written "./a:b". Errors: kInvalidArgument for an unknown
// scheme (listing the known ones) or a malformed location; whatever opening the store gives.
Result<std::unique_ptr<ObjectStore>> OpenStore(std::string_view location, StoreOpenMode mode);

}  // namespace icefall
