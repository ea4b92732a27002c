// The right to commit on a local store, and the page that comes with it.
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "commit/commit_page.h"
#include "store/object_store.h"

namespace icefall {

// Thread-safe, except that Acquire and Release must alternate.
class CommitLock {
 public:
  virtual ~CommitLock() = default;
  virtual Result<void> Acquire() = 0;
  virtual void Release() = 0;
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
