// Commits by appending under a lock, with one sync for all that wait: for stores whose objects can
// grow.
#pragma once

#include <memory>

#include "base/clock.h"
#include "commit/coordinator.h"
#include "store/object_store.h"

namespace icefall {

struct LocalCoordinatorOptions {
  // The file that locks the database between processes. On a store that has no paths, the lock
  // reaches only as far as the store object: the processes of such a store are one.
  ObjectKey lock_key;
  bool read_only = false;
};

// Lends store and clock; `recover` is called with the lock held. Read-only on a database whose lock
// file is missing or may not be opened: works, without Published. Errors: kUnsupported when the
// store cannot append; those of FileLock::Open.
Result<std::unique_ptr<CommitCoordinator>> MakeLocalCoordinator(
    ObjectStore& store, Clock& clock, RecoverHead recover, const LocalCoordinatorOptions& options);

}  // namespace icefall
