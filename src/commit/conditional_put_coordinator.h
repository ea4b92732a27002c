// Commits by creating one object, only if it is absent: for stores whose objects cannot grow and
// whose writers know nothing of each other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "commit/commit_object_store.h"
#include "commit/coordinator.h"

namespace icefall {

struct ConditionalPutOptions {
  bool read_only = false;
  // Waits for so many microseconds; without: by the machine's clock.
  std::function<void(int64_t)> pause;
};

// Lends store and clock.
//
// A commit is prepared against what the store is known to hold, and costs one request unless
// another writer was faster. Writers that meet stand in line (commit_queue.h), of each process the
// one that commits; where nobody has waited lately nobody does. Error of Commit besides:
// kUnavailable, when it has lost a thousand races, as it can only against writers that never let
// another one by.
std::unique_ptr<CommitCoordinator> MakeConditionalPutCoordinator(
    CommitObjectStore& store, Clock& clock, const ConditionalPutOptions& options);

}  // namespace icefall
