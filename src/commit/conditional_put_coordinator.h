// Commits by creating one object per line, only if it is absent: for stores whose objects cannot
// grow and whose writers know nothing of each other.
#pragma once

#include <memory>

#include "base/clock.h"
#include "commit/coordinator.h"
#include "store/object_store.h"

namespace icefall {

struct ConditionalPutOptions {
  // Where the order of the database's commits is kept: one empty object per database sequence,
  // "<prefix>00000000000000000001".
  std::string order_prefix;
  bool read_only = false;
};

// Lends store and clock. `recover` answers the newest commit of the logs, and is asked once.
//
// Nobody can know whether another writer is alive, so a transaction over several logs without an
// outcome is only ever aborted by a writer that lost to its line, see docs/format/transactions.md.
std::unique_ptr<CommitCoordinator> MakeConditionalPutCoordinator(
    ObjectStore& store, Clock& clock, RecoverHead recover, const ConditionalPutOptions& options);

}  // namespace icefall
