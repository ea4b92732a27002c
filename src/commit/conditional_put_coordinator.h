// Commits by creating one object, only if it is absent: for stores whose objects cannot grow and
// whose writers know nothing of each other.
#pragma once

#include <memory>

#include "base/clock.h"
#include "commit/commit_object_store.h"
#include "commit/coordinator.h"

namespace icefall {

struct ConditionalPutOptions {
  bool read_only = false;
};

// Lends store and clock.
//
// A commit is prepared against what the store is known to hold, and costs one request unless
// another writer was faster. Nobody waits for anybody: of the writers that try the same number one
// wins, whatever the others do.
std::unique_ptr<CommitCoordinator> MakeConditionalPutCoordinator(
    CommitObjectStore& store, Clock& clock, const ConditionalPutOptions& options);

}  // namespace icefall
