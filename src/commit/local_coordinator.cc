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
  bool is_staged = false;
  bool is_done = false;
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

  Result<void> Recover() override {
    if (read_only_ || !lock_) return {};
    const auto page = lock_->page();
    if (page->IsValid() && !page->dirty()) return {};
    const std::lock_guard leader(leader_mutex_);
    ICEFALL_RETURN_IF_ERROR(lock_->Acquire());
    auto recovered = RecoverLocked();
    lock_->Release();
    return recovered;
  }

  Result<void> Commit(CommitPlan& plan) override;

 private:
  // What the running group has written and not yet published.
  struct Group {
    std::vector<Waiter*> staged;
    DatabaseSequence sequence;
    TimestampMicros committed_at = 0;
    bool is_damaged = false;  // what is on disk is not known: recover before the next commit
  };

  Result<void> RecoverLocked();
  void RunGroup(const std::vector<Waiter*>& waiters);
  void RunLocked(const std::vector<Waiter*>& waiters);
  void StartGroup(Group& group);
  Result<void> RunPlan(Waiter& waiter, Group& group);
  Result<void> Write(const CommitBatch& batch, Group& group);
  Result<void> CreateOutcome(const CommitBatch::OutcomeFile& outcome, Group& group);
  Result<void> FlushGroup(Group& group);

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
  auto ready = lock_->Acquire();
  if (ready) {
    const auto page = lock_->page();
    if (!page->IsValid() || page->dirty()) ready = RecoverLocked();
    if (ready) RunLocked(waiters);
    lock_->Release();
  }
  if (ready) return;
  for (Waiter* waiter : waiters) waiter->result = ready;
}

Result<void> LocalCoordinator::RecoverLocked() {
  const auto page = lock_->page();
  const bool is_valid = page->IsValid();
  if (is_valid && !page->dirty()) return {};
  writer_.Forget();
  ICEFALL_RETURN_IF_ERROR(writer_.FinishRewrites());
  const DatabaseSequence durable = is_valid ? page->database_sequence() : DatabaseSequence();
  ICEFALL_ASSIGN_OR_RETURN(const RecoveredHead head, recover_(durable));
  for (const auto& tail : head.unsynced) {
    ICEFALL_RETURN_IF_ERROR(writer_.Rewrite(tail.key, tail.offset));
  }
  page->Reset(std::max(head.database_sequence, durable),
              std::max(head.committed_at, is_valid ? page->committed_at() : 0));
  return {};
}

void LocalCoordinator::RunLocked(const std::vector<Waiter*>& waiters) {
  Group group;
  StartGroup(group);
  for (Waiter* waiter : waiters) {
    if (group.is_damaged) {
      static_cast<void>(FlushGroup(group));  // tells its waiters itself
      if (auto recovered = RecoverLocked(); !recovered) {
        waiter->result = recovered;
        waiter->plan->Withdrawn();
        continue;
      }
      StartGroup(group);
    }
    waiter->result = RunPlan(*waiter, group);
    if (!waiter->result && !waiter->is_staged) waiter->plan->Withdrawn();
  }
  static_cast<void>(FlushGroup(group));  // tells its waiters itself
  const auto page = lock_->page();
  writer_.EndTurn(page->database_sequence());
  // A page left dirty makes the next writer, of whatever process, recover first.
  if (!group.is_damaged) page->Reset(page->database_sequence(), page->committed_at());
}

void LocalCoordinator::StartGroup(Group& group) {
  const auto page = lock_->page();
  group = Group();
  group.sequence = page->database_sequence();
  group.committed_at = page->committed_at();
  // Another process may have grown the segments, or removed them.
  writer_.StartTurn(group.sequence);
  page->SetDirty();
}

Result<void> LocalCoordinator::RunPlan(Waiter& waiter, Group& group) {
  const CommitTurn turn{.published = lock_->page()->database_sequence(),
                        .database_sequence = group.sequence.Next(),
                        .committed_at = std::max(clock_.NowMicros(), group.committed_at + 1)};
  ICEFALL_ASSIGN_OR_RETURN(const CommitBatch batch, waiter.plan->Prepare(turn));
  if (batch.is_late) {
    // Numbers are given out under the lock, so only foreign bytes can be ahead of them.
    return Fail(ErrorCode::kCorruption,
                fmt::format("{}: a log has a commit that is not before database sequence {}",
                            store_.name(), turn.database_sequence.value));
  }
  // Nothing may build on a commit that a failing outcome file would take away.
  if (batch.outcome) ICEFALL_RETURN_IF_ERROR(FlushGroup(group));
  ICEFALL_RETURN_IF_ERROR(Write(batch, group));
  group.sequence = turn.database_sequence;
  group.committed_at = turn.committed_at;
  group.staged.push_back(&waiter);
  waiter.is_staged = true;
  waiter.plan->Staged();
  if (!batch.outcome) return {};
  return FlushGroup(group);
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

Result<void> LocalCoordinator::FlushGroup(Group& group) {
  if (group.staged.empty()) return {};
  auto synced = writer_.Sync();
  if (!synced) {
    group.is_damaged = true;
    synced = Fail(ErrorCode::kOutcomeUnknown, synced.error().message());
  } else {
    lock_->page()->Publish(group.sequence, group.committed_at);
  }
  for (Waiter* waiter : group.staged) {
    if (!synced) waiter->result = synced;
    synced ? waiter->plan->Published() : waiter->plan->Withdrawn();
  }
  group.staged.clear();
  return synced;
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
