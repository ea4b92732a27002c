// The highest number of a commit that stands in any log, for who cannot ask a coordinator.
#pragma once

#include "base/result.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

// Of the catalog and of the tables that it names now, as far as lines can be read; 0 when none can.
// Reads the last segment of each. Error: the store's, when it may pass.
Result<DatabaseSequence> FindNewestNumber(ObjectStore& store);

// Up to which number every transaction has got its outcome, because whoever commits has settled
// what was before: for SettledUntil. `published`: what is known without the logs.
Result<DatabaseSequence> FindSettled(ObjectStore& store, DatabaseSequence published);

}  // namespace icefall
