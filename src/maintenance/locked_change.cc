#include "maintenance/locked_change.h"

#include "commit/commit_lock.h"
#include "database/catalog_codec.h"

namespace icefall {

Result<void> ChangeLocked(ObjectStore& store,
                          const std::function<Result<void>(DatabaseSequence published)>& change) {
  ICEFALL_ASSIGN_OR_RETURN(const auto lock, OpenCommitLock(store, ObjectKey(kLockKey), false));
  ICEFALL_RETURN_IF_ERROR(lock->AcquireAppend());
  const auto page = lock->page();
  auto changed = change(page->IsValid() ? page->database_sequence() : DatabaseSequence());
  if (page->IsValid()) page->SetDirty(true);
  lock->ReleaseAppend();
  return changed;
}

}  // namespace icefall
