// The right to commit on a local store, and the page that comes with it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "commit/commit_page.h"
#include "store/object_store.h"

namespace icefall {

// Two rights: to append commits, and to make what was appended durable. Who needs both takes the
// first one first. Thread-safe, except that acquiring and releasing must alternate.
class CommitLock {
 public:
  virtual ~CommitLock() = default;
  virtual Result<void> AcquireAppend() = 0;
  virtual void ReleaseAppend() = 0;
  // Waits for the right to sync, or until `is_done`, which is asked again whenever somebody gives
  // that right back: true with the right. Error: also kUnavailable when the page is no longer the
  // one of the last AcquireAppend.
  virtual Result<bool> AcquireSyncUnless(const std::function<bool()>& is_done) = 0;
  virtual void ReleaseSync() = 0;
  // Null when there is none to read. The pointer lives until the next Acquire by this object's
  // user has failed or succeeded twice; copies of its values do not.
  virtual std::shared_ptr<CommitPage> page() = 0;
};

// The right to commit to the database on a store that can append. `lock_key`: of the lock file,
// where the store has files.
Result<std::unique_ptr<CommitLock>> OpenCommitLock(ObjectStore& store, const ObjectKey& lock_key,
                                                   bool read_only);

// Between processes, by a file.
Result<std::unique_ptr<CommitLock>> OpenFileCommitLock(const std::string& path, bool read_only);

// Between the users of one store object.
std::unique_ptr<CommitLock> OpenProcessCommitLock(const ObjectStore& store);

}  // namespace icefall
