// What can still be said of a log that cannot be read as a whole.
#pragma once

#include <string>

#include "base/result.h"
#include "log/log_entry.h"
#include "store/object_store.h"

namespace icefall {

// Takes every line that is whole by itself, wherever it stands and whatever stands before it, and
// the newest manifest of a table that can be read. `durable`: see LogRemains. What cannot be read
// is passed over. Error: the store's, when it may pass.
Result<LogRemains> ReadRemains(ObjectStore& store, const std::string& directory,
                               DatabaseSequence durable);

}  // namespace icefall
