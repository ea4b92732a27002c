// From what a user writes to the stores of an icedb table.
#pragma once

#include <string>

#include "base/result.h"
#include "icedb/table.h"
#include "store/registry.h"

namespace icefall::icedb {

// s3://bucket/some/prefix?options, or a directory. The bucket is the directory's parent and the
// prefix its name, unless `prefix` is given: then `location` is the bucket, or a directory that
// stands for one.
struct TableLocation {
  std::string location;
  std::string prefix;
  // Where the log is, if elsewhere; an empty prefix with a location is that of the data.
  std::string log_location;
  std::string log_prefix;
};

// Opens the stores; a directory is made where none is, unless only what exists is wanted. Errors:
// those of OpenStore.
Result<TablePlace> OpenPlace(const TableLocation& location,
                             StoreOpenMode mode = StoreOpenMode::kCreateIfMissing);

// Whether a log file is there, of however many objects: one listing. False where nothing is.
// Errors: those of the store.
Result<bool> HasLog(const TableLocation& location);

}  // namespace icefall::icedb
