// Appends to the segments that a group of commits touches and makes them durable together.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "commit/coordinator.h"

namespace icefall {

// Keeps segments open between turns, because opening costs more than appending. Not thread-safe;
// only with the right to commit. Lends the store.
class SegmentWriter {
 public:
  explicit SegmentWriter(ObjectStore& store) : store_(store) {}

  // `published`: what the page says. When it is not what the last turn ended with, others have
  // committed, and nothing that is open can be trusted to still be the end of its log.
  void StartTurn(DatabaseSequence published);
  void EndTurn(DatabaseSequence published) { last_published_ = published; }

  // Cuts off a torn end, then appends. Errors: kConflict when a new object already has bytes;
  // kCorruption when the object is shorter than it was; kOutcomeUnknown when the append failed and
  // what it wrote could not be taken back; the store's, with nothing appended.
  Result<void> Append(const LogAppend& append);
  // Makes everything appended since the last Sync durable: one sync per object. Error:
  // kOutcomeUnknown.
  Result<void> Sync();

  // Makes the end of an object durable that a writer may have left otherwise. Written again,
  // because after a failed sync the kernel takes pages for clean that never reached the disk. What
  // fails is owed: FinishRewrites must succeed before anything else is read or written.
  Result<void> Rewrite(const ObjectKey& key, uint64_t offset);
  Result<void> FinishRewrites();
  void Forget();

 private:
  struct Open {
    std::unique_ptr<ObjectAppender> appender;
    bool needs_sync = false;
  };

  ObjectStore& store_;
  std::map<ObjectKey, Open> open_;
  // Ends that were cut off and not yet put back.
  struct Rewritten {
    uint64_t offset = 0;
    std::string bytes;
  };
  std::map<ObjectKey, Rewritten> owed_;
  DatabaseSequence last_published_;
};

}  // namespace icefall
