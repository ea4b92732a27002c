#include "commit/conditional_put_coordinator.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "commit/commit_queue.h"

namespace icefall {
namespace {

// In line a writer loses a few, and its turn comes after that; see the header.
constexpr int kLostRacesMax = 1000;
// More commits may have come since one that is older.
constexpr int64_t kOldMicros = 1'000'000;

void PauseFor(int64_t micros) { std::this_thread::sleep_for(std::chrono::microseconds(micros)); }

class ConditionalPutCoordinator : public CommitCoordinator {
 public:
  ConditionalPutCoordinator(CommitObjectStore& store, Clock& clock, ConditionalPutOptions options)
      : store_(store), clock_(clock), options_(std::move(options)) {
    if (!options_.pause) options_.pause = PauseFor;
  }

  std::optional<DatabaseSequence> Published() override { return store_.Known().sequence; }

  Result<std::optional<DatabaseSequence>> LookUp() override {
    ICEFALL_ASSIGN_OR_RETURN(const auto newest, store_.Refresh());
    return newest.sequence;
  }

  Result<void> Recover() override { return {}; }

  Result<void> Commit(CommitPlan& plan) override;

 private:
  Result<void> CommitInTurn(CommitPlan& plan);
  Result<bool> TryOnce(CommitPlan& plan, const CommitSign& head, uint64_t waited);
  Result<void> ReadWinner(const CommitSign& head, int lost_count);
  Result<void> Look(const CommitQueue::Advice& advice);

  CommitObjectStore& store_;
  Clock& clock_;
  ConditionalPutOptions options_;

  std::mutex mutex_;  // one commit of this process at a time: they would only race each other
  // Guarded by mutex_.
  std::minstd_rand seeds_{std::random_device{}()};
  RequestTime request_;
};

// False: another writer's commit came first.
Result<bool> ConditionalPutCoordinator::TryOnce(CommitPlan& plan, const CommitSign& head,
                                                uint64_t waited) {
  CommitTurn turn;
  turn.head = head.sequence;
  turn.database_sequence = head.sequence.Next();
  turn.committed_at = std::max(clock_.NowMicros(), head.committed_at + 1);
  turn.own_object = true;
  ICEFALL_ASSIGN_OR_RETURN(const CommitBatch batch, plan.Prepare(turn));
  if (batch.is_late) return false;
  std::vector<LogAppend> lines;
  for (const auto& step : batch.steps) lines.insert(lines.end(), step.begin(), step.end());
  return store_.Append({turn.database_sequence, turn.committed_at, waited}, lines);
}

Result<void> ConditionalPutCoordinator::Look(const CommitQueue::Advice& advice) {
  if (advice.pause_micros > 0) options_.pause(advice.pause_micros);
  const TimestampMicros begin = clock_.NowMicros();
  ICEFALL_RETURN_IF_ERROR(advice.is_far ? store_.ReadAhead() : store_.ReadNext());
  if (!advice.is_far) request_.Note(clock_.NowMicros() - begin);
  return {};
}

// What came first is there. Much more is where it is old, as after a transaction that took its
// time; to lose again says the same where clocks differ.
Result<void> ConditionalPutCoordinator::ReadWinner(const CommitSign& head, int lost_count) {
  // Unless another thread has read it by now.
  if (store_.Known().sequence == head.sequence) ICEFALL_RETURN_IF_ERROR(store_.ReadNext());
  const bool is_old = clock_.NowMicros() - store_.Known().committed_at > kOldMicros;
  if (is_old || lost_count % 2 == 0) ICEFALL_RETURN_IF_ERROR(store_.ReadAhead());
  return {};
}

Result<void> ConditionalPutCoordinator::CommitInTurn(CommitPlan& plan) {
  ICEFALL_RETURN_IF_ERROR(store_.EnsureLoaded());
  CommitQueue queue(store_.Known(), clock_.NowMicros(), seeds_());
  for (int lost_count = 0; lost_count < kLostRacesMax;) {
    const CommitSign head = store_.Known();
    const auto advice = queue.Next(head, clock_.NowMicros(), request_);
    if (!advice.is_turn) {
      ICEFALL_RETURN_IF_ERROR(Look(advice));
      continue;
    }
    const TimestampMicros begin = clock_.NowMicros();
    auto done = TryOnce(plan, head, queue.WaitedAfter(head));
    request_.Note(clock_.NowMicros() - begin);
    if (done && *done) {
      plan.Staged();
      plan.Published();
      return {};
    }
    plan.Withdrawn();
    if (!done) return Fail(std::move(done).error());
    ++lost_count;
    ICEFALL_RETURN_IF_ERROR(ReadWinner(head, lost_count));
    if (store_.Known().sequence > head.sequence) queue.Lost(store_.Known());
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: lost {} races for the next commit", store_.name(), kLostRacesMax));
}

Result<void> ConditionalPutCoordinator::Commit(CommitPlan& plan) {
  if (options_.read_only) {
    return Fail(ErrorCode::kPermissionDenied, fmt::format("{}: opened read-only", store_.name()));
  }
  const std::lock_guard lock(mutex_);
  return CommitInTurn(plan);
}

}  // namespace

std::unique_ptr<CommitCoordinator> MakeConditionalPutCoordinator(
    CommitObjectStore& store, Clock& clock, const ConditionalPutOptions& options) {
  return std::make_unique<ConditionalPutCoordinator>(store, clock, options);
}

}  // namespace icefall
