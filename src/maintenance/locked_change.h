// Changes to logs that are no commits.
#pragma once

#include <functional>

#include "base/result.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

// Runs `change` with the right to commit, on a store that can append; whoever commits next reads
// the ends of the logs again. `published`: the newest commit that the shared page knows, 0 where it
// knows none. Errors: that of `change`, and those of taking the lock.
Result<void> ChangeLocked(ObjectStore& store,
                          const std::function<Result<void>(DatabaseSequence published)>& change);

}  // namespace icefall
