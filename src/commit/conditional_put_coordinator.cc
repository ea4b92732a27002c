#include "commit/conditional_put_coordinator.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace icefall {
namespace {

// A writer that loses this often is starved: the caller hears so and may try again.
constexpr int kLostRacesMax = 1000;

class ConditionalPutCoordinator : public CommitCoordinator {
 public:
  ConditionalPutCoordinator(CommitObjectStore& store, Clock& clock,
                            const ConditionalPutOptions& options)
      : store_(store), clock_(clock), options_(options) {}

  std::optional<DatabaseSequence> Published() override { return store_.Known().sequence; }

  Result<std::optional<DatabaseSequence>> LookUp() override {
    ICEFALL_ASSIGN_OR_RETURN(const auto newest, store_.Refresh());
    return newest.sequence;
  }

  Result<void> Recover() override { return {}; }

  Result<void> Commit(CommitPlan& plan) override;

 private:
  Result<bool> TryOnce(CommitPlan& plan);

  CommitObjectStore& store_;
  Clock& clock_;
  const ConditionalPutOptions options_;

  std::mutex mutex_;  // one commit of this process at a time: they would only race each other
};

// False: another writer's commit came first.
Result<bool> ConditionalPutCoordinator::TryOnce(CommitPlan& plan) {
  const CommitObjectStore::Place head = store_.Known();
  CommitTurn turn;
  turn.head = head.sequence;
  turn.database_sequence = head.sequence.Next();
  turn.committed_at = std::max(clock_.NowMicros(), head.committed_at + 1);
  turn.own_object = true;
  ICEFALL_ASSIGN_OR_RETURN(const CommitBatch batch, plan.Prepare(turn));
  if (batch.is_late) return false;
  std::vector<LogAppend> lines;
  for (const auto& step : batch.steps) lines.insert(lines.end(), step.begin(), step.end());
  return store_.Append({turn.database_sequence, turn.committed_at}, lines);
}

Result<void> ConditionalPutCoordinator::Commit(CommitPlan& plan) {
  if (options_.read_only) {
    return Fail(ErrorCode::kPermissionDenied, fmt::format("{}: opened read-only", store_.name()));
  }
  const std::lock_guard lock(mutex_);
  for (int round = 0; round < kLostRacesMax; ++round) {
    auto done = TryOnce(plan);
    if (done && *done) {
      plan.Staged();
      plan.Published();
      return {};
    }
    plan.Withdrawn();
    if (!done) return Fail(std::move(done).error());
    ICEFALL_RETURN_IF_ERROR(store_.Refresh());
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: lost {} races for the next commit", store_.name(), kLostRacesMax));
}

}  // namespace

std::unique_ptr<CommitCoordinator> MakeConditionalPutCoordinator(
    CommitObjectStore& store, Clock& clock, const ConditionalPutOptions& options) {
  return std::make_unique<ConditionalPutCoordinator>(store, clock, options);
}

}  // namespace icefall
