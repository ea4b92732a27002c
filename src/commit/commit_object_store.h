// The logs of a database on a store whose objects cannot grow.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "commit/commit_object.h"
#include "commit/commit_queue.h"
#include "commit/committed_logs.h"
#include "commit/coordinator.h"
#include "log/manifest_hints.h"
#include "store/forwarding_store.h"

namespace icefall {

// A store that shows the lines of commit objects as segments of one line each, from memory as far
// as they were read; everything else is the base store's. A commit is one Put of an object that
// must not exist: it decides the order of all commits, and all lines of a commit appear at once.
// Segments cannot be put or deleted (kUnsupported). Thread-safe. Lends the clock.
class CommitObjectStore : public ForwardingStore, public ManifestHints {
 public:
  using Place = CommitSign;

  CommitObjectStore(std::shared_ptr<ObjectStore> base, Clock& clock)
      : ForwardingStore(*base), base_(std::move(base)), clock_(clock) {}

  // Asks the store for the newest commit; 0 when there is none. With nothing new: one request; the
  // first time two; else two or three, and more only behind a writer that could not write heads.
  // Errors: kCorruption naming the object; the store's.
  Result<Place> Refresh();
  // As Refresh, for who knows that the next commit is there, or asks for no other: one request.
  Result<Place> ReadNext();
  // As Refresh, for who expects many commits: one request with nothing new, else two.
  Result<Place> ReadAhead();
  // What a first Refresh does, if there was none; else nothing.
  Result<void> EnsureLoaded();
  // As of the last of these or Append.
  Place Known() const;

  // Makes `lines` the commit at `place`, the one after Known. False: another writer's is there;
  // Refresh shows it. Errors: kOutcomeUnknown; any other: it has not happened.
  Result<bool> Append(const Place& place, const std::vector<LogAppend>& lines);

  // The last Append made the head object so old that a reader has to read much besides it. Of
  // writers that take turns this is true of one, until there is as much again.
  bool OwesHead() const;
  // Writes the head object anew.
  Result<void> WriteHead();

  std::optional<Sequence> NewestManifest(std::string_view directory) const override;

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override;
  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override;
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override;
  Result<ObjectInfo> Stat(const ObjectKey& key) override;
  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override;
  Result<void> Delete(const ObjectKey& key) override;
  Result<void> DeleteMany(const std::vector<ObjectKey>& keys) override;
  Capabilities capabilities() const override;

 private:
  Result<void> RefreshLocked();
  Result<bool> ReadNextLocked();
  Result<void> ReadListed();
  // Before the object is deleted. Error: kUnsupported for commits.
  Result<void> Forget(const ObjectKey& key);
  Result<void> LoadHead();
  Result<CommitObject> ReadCommit(DatabaseSequence commit);
  // Up to `last`, oldest first, those needed to have all lines of commits after `known`.
  Result<std::vector<CommitObject>> ReadBack(DatabaseSequence last, DatabaseSequence known);
  Result<void> TakeIn(const CommitObject& object);
  // How many heads could have been written since the newest one known.
  uint64_t MissingHeads() const;
  Result<bool> IsOurs(const CommitObject& object, const Error& error);

  // Makes the texts of a log's lines from `from` to `last` known. The former may be any, the latter
  // at most the newest.
  Result<void> LoadTexts(const std::string& log, Sequence from, Sequence last);
  Result<void> LoadHistory();
  // Error: kNotFound.
  Result<std::shared_ptr<const std::string>> TextOf(const std::string& log, Sequence sequence);
  Result<void> AddLines(const std::string& log, const ListRequest& request,
                        std::vector<ObjectInfo>& into);

  const std::shared_ptr<ObjectStore> base_;
  Clock& clock_;

  std::mutex refresh_mutex_;  // taken before mutex_; one thread at a time reads what is new
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  bool is_loaded_ = false;
  Place known_;
  CommittedLogs logs_;
  // Lines that the next commit's object repeats: those of commits from this one on.
  DatabaseSequence tail_first_{1};
  std::deque<CommittedLine> tail_;
  uint64_t tail_bytes_ = 0;
  DatabaseSequence head_;  // the newest head object known
  uint64_t bytes_since_head_ = 0;
  bool owes_head_ = false;
};

}  // namespace icefall
