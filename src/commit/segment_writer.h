// Appends to the segments that a group of commits touches and makes them durable together.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "commit/coordinator.h"

namespace icefall {

// Keeps segments open between turns, because opening costs more than appending. Not thread-safe;
// only with the right to append, or, to sync, with that to sync. Lends the store.
class SegmentWriter {
 public:
  explicit SegmentWriter(ObjectStore& store) : store_(store) {}

  // `appended`: what the page says. When it is not what the last turn ended with, others have
  // committed, and nothing that is open can be trusted to still be the end of its log.
  void StartTurn(DatabaseSequence appended);
  void EndTurn(DatabaseSequence appended) { last_appended_ = appended; }

  // Cuts off a torn end, then appends. Errors: kConflict when a new object already has bytes;
  // kCorruption when the object is shorter than it was; kOutcomeUnknown when the append failed and
  // what it wrote could not be taken back; the store's, with nothing appended.
  Result<void> Append(const LogAppend& append);
  // Makes everything appended here since the last Sync durable: one sync per object. Error:
  // kOutcomeUnknown.
  Result<void> Sync();
  // Makes the object durable, whoever appended to it. Error: kOutcomeUnknown.
  Result<void> SyncObject(const ObjectKey& key);

  // Makes the end of an object durable that a writer may have left otherwise.
  Result<void> Rewrite(const ObjectKey& key, uint64_t offset);
  void Forget();

 private:
  struct Open {
    std::unique_ptr<ObjectAppender> appender;
    bool needs_sync = false;
  };

  Result<Open*> OpenObject(const ObjectKey& key);

  ObjectStore& store_;
  std::map<ObjectKey, Open> open_;
  DatabaseSequence last_appended_;
};

}  // namespace icefall
