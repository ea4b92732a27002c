#include "commit/local_coordinator.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include <fmt/format.h>

#include "commit/commit_lock.h"
#include "commit/segment_writer.h"

namespace icefall {
namespace {

// One sync serves at most this many commits, which bounds how long the first one waits.
constexpr size_t kGroupMax = 256;

// A commit that waits for its turn; lives on the stack of the thread that wants it.
struct Waiter {
  CommitPlan* plan = nullptr;
  Result<void> result;
  std::vector<LogAppend> appends;  // its last step, once staged
  bool is_staged = false;
  bool is_done = false;
};

// Releases on every way out.
class SyncRight {
 public:
  explicit SyncRight(
      CommitLock& lock, const std::function<bool()>& is_done = [] { return false; })
      : lock_(lock), acquired_(lock.AcquireSyncUnless(is_done)) {}
  ~SyncRight() {
    if (acquired_ && *acquired_) lock_.ReleaseSync();
  }
  SyncRight(const SyncRight&) = delete;
  SyncRight& operator=(const SyncRight&) = delete;
  // False: is_done.
  const Result<bool>& acquired() const { return acquired_; }

 private:
  CommitLock& lock_;
  const Result<bool> acquired_;
};

class LocalCoordinator : public CommitCoordinator {
 public:
  LocalCoordinator(ObjectStore& store, Clock& clock, RecoverHead recover,
                   std::unique_ptr<CommitLock> lock, bool read_only)
      : store_(store),
        clock_(clock),
        recover_(std::move(recover)),
        lock_(std::move(lock)),
        read_only_(read_only),
        writer_(store) {}

  std::optional<DatabaseSequence> Published() override {
    if (!lock_) return std::nullopt;
    const auto page = lock_->page();
    if (!page->IsValid()) return std::nullopt;
    return page->database_sequence();
  }

  Result<void> Recover() override;
  Result<void> Commit(CommitPlan& plan) override;

 private:
  // What the running group has appended and not yet told its waiters.
  struct Group {
    std::vector<Waiter*> staged;
    DatabaseSequence begin;  // what was appended before it
    DatabaseSequence sequence;
    TimestampMicros committed_at = 0;
    uint64_t recoveries = 0;
    // Someone was refused because of what others have appended: that must not be lost any more.
    bool refused = false;
    bool is_damaged = false;  // what is on disk is not known: recover before the next commit
  };
  enum class Appending : bool { kNo, kYes };  // whether this thread has the right to append

  Result<void> RecoverLocked();
  void RunGroup(const std::vector<Waiter*>& waiters);
  void RunLocked(const std::vector<Waiter*>& waiters, Group& group);
  void StartGroup(Group& group);
  Result<void> RunPlan(Waiter& waiter, Group& group);
  Result<void> Write(const CommitBatch& batch, Group& group);
  Result<void> NoteAppends(const CommitBatch& batch, const CommitTurn& turn);
  Result<void> CreateOutcome(const CommitBatch::OutcomeFile& outcome, Group& group);
  Result<void> FlushGroup(Group& group, Appending appending);
  Result<void> MakeDurable(DatabaseSequence sequence, Appending appending);
  Result<void> SyncAppended(CommitPage& page);
  Result<void> RecoverFromSync(Appending appending);
  bool IsStored(const Waiter& waiter);

  ObjectStore& store_;
  Clock& clock_;
  const RecoverHead recover_;
  const std::unique_ptr<CommitLock> lock_;  // null: read-only, and no lock file
  const bool read_only_;

  std::mutex leader_mutex_;  // held by the thread that has or waits for lock_
  SegmentWriter writer_;     // guarded by leader_mutex_

  std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::deque<Waiter*> queue_;  // guarded by queue_mutex_
  bool has_leader_ = false;    // guarded by queue_mutex_
};

Result<void> LocalCoordinator::Recover() {
  if (read_only_ || !lock_) return {};
  const auto page = lock_->page();
  if (page->IsValid() && !page->dirty() && !page->failed() && !page->syncing() &&
      page->database_sequence() >= page->appended_sequence()) {
    return {};
  }
  const std::lock_guard leader(leader_mutex_);
  ICEFALL_RETURN_IF_ERROR(lock_->AcquireAppend());
  auto recovered = RecoverLocked();
  if (recovered) {
    recovered = MakeDurable(lock_->page()->appended_sequence(), Appending::kYes);
  }
  lock_->ReleaseAppend();
  return recovered;
}

Result<void> LocalCoordinator::Commit(CommitPlan& plan) {
  if (read_only_ || !lock_) {
    return Fail(ErrorCode::kPermissionDenied, fmt::format("{}: opened read-only", store_.name()));
  }
  Waiter waiter;
  waiter.plan = &plan;
  std::unique_lock lock(queue_mutex_);
  queue_.push_back(&waiter);
  queue_changed_.wait(lock, [&] { return waiter.is_done || !has_leader_; });
  if (waiter.is_done) return waiter.result;
  // First in line: this thread commits for all that wait now, itself included.
  has_leader_ = true;
  std::vector<Waiter*> group;
  while (!queue_.empty() && group.size() < kGroupMax) {
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  if (std::ranges::find(group, &waiter) == group.end()) {
    // A longer line than one group: go before the last of it.
    queue_.push_front(group.back());
    std::erase(queue_, &waiter);
    group.back() = &waiter;
  }
  lock.unlock();
  RunGroup(group);
  lock.lock();
  for (Waiter* done : group) done->is_done = true;
  has_leader_ = false;
  lock.unlock();
  queue_changed_.notify_all();
  return waiter.result;
}

void LocalCoordinator::RunGroup(const std::vector<Waiter*>& waiters) {
  const std::lock_guard leader(leader_mutex_);
  auto ready = lock_->AcquireAppend();
  Group group;
  if (ready) {
    ready = RecoverLocked();
    if (ready) RunLocked(waiters, group);
    lock_->ReleaseAppend();
  }
  if (ready) {
    // Others append meanwhile, and whoever syncs next does it for all of them.
    static_cast<void>(FlushGroup(group, Appending::kNo));  // tells its waiters itself
    return;
  }
  for (Waiter* waiter : waiters) waiter->result = ready;
}

// With the right to append. Does nothing where there is nothing to settle.
Result<void> LocalCoordinator::RecoverLocked() {
  const auto page = lock_->page();
  if (page->IsValid() && !page->dirty() && !page->failed()) return {};
  const SyncRight right(*lock_);
  ICEFALL_RETURN_IF_ERROR(right.acquired());
  writer_.Forget();
  const bool is_valid = page->IsValid();
  const DatabaseSequence durable = is_valid ? page->database_sequence() : DatabaseSequence();
  if (is_valid) page->StartRecovery();
  ICEFALL_ASSIGN_OR_RETURN(const RecoveredHead head, recover_(durable));
  for (const auto& tail : head.unsynced) {
    ICEFALL_RETURN_IF_ERROR(writer_.Rewrite(tail.key, tail.offset));
  }
  // A number that was given out is never given to another commit.
  page->Reset(is_valid ? std::max(head.database_sequence, page->appended_sequence())
                       : head.database_sequence,
              is_valid ? std::max(head.committed_at, page->appended_at()) : head.committed_at);
  return {};
}

void LocalCoordinator::RunLocked(const std::vector<Waiter*>& waiters, Group& group) {
  StartGroup(group);
  for (Waiter* waiter : waiters) {
    if (group.is_damaged) {
      // Tells its waiters itself.
      static_cast<void>(FlushGroup(group, Appending::kYes));
      if (auto recovered = RecoverLocked(); !recovered) {
        waiter->result = recovered;
        waiter->plan->Withdrawn();
        continue;
      }
      StartGroup(group);
    }
    waiter->result = RunPlan(*waiter, group);
    if (waiter->result || waiter->is_staged) continue;
    group.refused = true;
    waiter->plan->Withdrawn();
  }
  const auto page = lock_->page();
  writer_.EndTurn(page->appended_sequence());
  // A page left dirty makes the next writer, of whatever process, recover first.
  if (!group.is_damaged) page->SetDirty(false);
}

void LocalCoordinator::StartGroup(Group& group) {
  const auto page = lock_->page();
  group = Group();
  group.begin = group.sequence = page->appended_sequence();
  group.committed_at = page->appended_at();
  group.recoveries = page->recoveries();
  // Another process may have grown the segments, or removed them.
  writer_.StartTurn(group.sequence);
  page->SetDirty(true);
}

Result<void> LocalCoordinator::RunPlan(Waiter& waiter, Group& group) {
  const CommitTurn turn{.head = group.begin,
                        .database_sequence = group.sequence.Next(),
                        .committed_at = std::max(clock_.NowMicros(), group.committed_at + 1)};
  ICEFALL_ASSIGN_OR_RETURN(CommitBatch batch, waiter.plan->Prepare(turn));
  if (batch.is_late) {
    // Numbers are given out under the lock, so only foreign bytes can be ahead of them.
    return Fail(ErrorCode::kCorruption,
                fmt::format("{}: a log has a commit that is not before database sequence {}",
                            store_.name(), turn.database_sequence.value));
  }
  // Nothing may build on a commit that a failing outcome file would take away, and a segment is
  // closed only when it is durable.
  const auto& last_step = batch.steps.back();
  const bool closes_segment = std::ranges::any_of(
      last_step, [](const LogAppend& append) { return append.offset == 0 && !append.is_new; });
  if (batch.outcome || closes_segment) {
    ICEFALL_RETURN_IF_ERROR(FlushGroup(group, Appending::kYes));
    ICEFALL_RETURN_IF_ERROR(MakeDurable(group.begin, Appending::kYes));
    group.recoveries = lock_->page()->recoveries();
    lock_->page()->SetDirty(true);  // a recovery has cleaned it
  }
  ICEFALL_RETURN_IF_ERROR(Write(batch, group));
  if (!batch.outcome) {
    if (auto noted = NoteAppends(batch, turn); !noted) {
      group.is_damaged = true;
      return noted;
    }
  }
  group.sequence = turn.database_sequence;
  group.committed_at = turn.committed_at;
  group.staged.push_back(&waiter);
  waiter.appends = std::move(batch.steps.back());
  waiter.is_staged = true;
  waiter.plan->Staged();
  lock_->page()->SetAppended(group.sequence, group.committed_at);
  if (!batch.outcome) return {};
  static_cast<void>(FlushGroup(group, Appending::kYes));  // which says what came of it
  return waiter.result;
}

Result<void> LocalCoordinator::Write(const CommitBatch& batch, Group& group) {
  for (size_t i = 0; i < batch.steps.size(); ++i) {
    for (const LogAppend& append : batch.steps[i]) {
      const auto appended = writer_.Append(append);
      if (appended) continue;
      // Whole lines of the same commit in other logs count for nothing without an outcome file.
      group.is_damaged = true;
      return appended;
    }
    if (i + 1 < batch.steps.size()) {
      if (auto synced = writer_.Sync(); !synced) {
        group.is_damaged = true;
        return synced;
      }
    }
  }
  if (!batch.outcome) return {};
  if (auto synced = writer_.Sync(); !synced) {
    group.is_damaged = true;
    // Without the outcome file the lines count for nothing, durable or not.
    return Fail(ErrorCode::kUnavailable, synced.error().message());
  }
  return CreateOutcome(*batch.outcome, group);
}

Result<void> LocalCoordinator::CreateOutcome(const CommitBatch::OutcomeFile& outcome,
                                             Group& group) {
  auto put = store_.Put(outcome.key, outcome.bytes, PutCondition::IfAbsent());
  if (put) return {};
  group.is_damaged = true;
  return Fail(std::move(put).error());
}

// Whoever has the right to sync next makes them durable.
Result<void> LocalCoordinator::NoteAppends(const CommitBatch& batch, const CommitTurn& turn) {
  const auto page = lock_->page();
  bool all_noted = true;
  for (const LogAppend& append : batch.steps.back()) {
    all_noted &= page->NoteAppend(append.key, turn.database_sequence);
  }
  return all_noted ? Result<void>() : writer_.Sync();
}

Result<void> LocalCoordinator::FlushGroup(Group& group, Appending appending) {
  if (group.staged.empty()) {
    return group.refused ? MakeDurable(group.begin, appending) : Result<void>();
  }
  auto durable = MakeDurable(group.sequence, appending);
  if (!durable) {
    group.is_damaged = true;
    durable = Fail(ErrorCode::kOutcomeUnknown, durable.error().message());
  }
  const auto page = lock_->page();
  // What others wrote again may have been lost before.
  const bool is_certain = durable && page->IsValid() && page->recoveries() == group.recoveries;
  for (Waiter* waiter : group.staged) {
    waiter->result = durable;
    if (durable && !is_certain && !IsStored(*waiter)) {
      waiter->result =
          Fail(ErrorCode::kOutcomeUnknown,
               fmt::format("{}: the commit is not where it was written", store_.name()));
    }
    waiter->result ? waiter->plan->Published() : waiter->plan->Withdrawn();
  }
  group.staged.clear();
  return durable;
}

// Returns when everything up to `sequence` is durable and published, by whoever's sync.
Result<void> LocalCoordinator::MakeDurable(DatabaseSequence sequence, Appending appending) {
  for (;;) {
    {
      const auto page = lock_->page();
      const SyncRight right(
          *lock_, [&] { return page->IsValid() && page->database_sequence() >= sequence; });
      ICEFALL_ASSIGN_OR_RETURN(const bool acquired, right.acquired());
      if (!acquired) return {};
      if (!page->IsValid()) {
        return Fail(ErrorCode::kUnavailable,
                    fmt::format("{}: the lock file was made anew", store_.name()));
      }
      // One who died while syncing did not know whether it failed.
      if (page->syncing()) page->SetFailed();
      if (!page->failed()) {
        return SyncAppended(*page);
      }
    }
    ICEFALL_RETURN_IF_ERROR(RecoverFromSync(appending));
  }
}

Result<void> LocalCoordinator::SyncAppended(CommitPage& page) {
  const DatabaseSequence sequence = page.appended_sequence();
  const TimestampMicros committed_at = page.appended_at();
  page.SetSyncing(true);
  for (const ObjectKey& key : page.UnsyncedObjects()) {
    auto synced = writer_.SyncObject(key);
    if (synced) continue;
    page.SetFailed();
    return synced;
  }
  page.Publish(sequence, committed_at);
  page.SetSyncing(false);
  return {};
}

Result<void> LocalCoordinator::RecoverFromSync(Appending appending) {
  if (appending == Appending::kYes) return RecoverLocked();
  ICEFALL_RETURN_IF_ERROR(lock_->AcquireAppend());
  auto recovered = RecoverLocked();
  lock_->ReleaseAppend();
  return recovered;
}

bool LocalCoordinator::IsStored(const Waiter& waiter) {
  return std::ranges::all_of(waiter.appends, [this](const LogAppend& append) {
    const auto found = store_.Read(append.key, append.offset, append.bytes.size());
    return found && *found == append.bytes;
  });
}

}  // namespace

Result<std::unique_ptr<CommitCoordinator>> MakeLocalCoordinator(
    ObjectStore& store, Clock& clock, RecoverHead recover, const LocalCoordinatorOptions& options) {
  if (!store.capabilities().append) {
    return Fail(
        ErrorCode::kUnsupported,
        fmt::format("{}: objects cannot grow there, expected a store with append", store.name()));
  }
  auto opened = OpenCommitLock(store, options.lock_key, options.read_only);
  if (!opened && !options.read_only) return Fail(std::move(opened).error());
  auto lock = opened ? *std::move(opened) : nullptr;
  return std::make_unique<LocalCoordinator>(store, clock, std::move(recover), std::move(lock),
                                            options.read_only);
}

}  // namespace icefall
