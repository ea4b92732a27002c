#include "commit/conditional_put_coordinator.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include <fmt/format.h>

namespace icefall {
namespace {

// A writer that loses this often is starved: the caller hears so and may try again.
constexpr int kLostRacesMax = 1000;

class ConditionalPutCoordinator : public CommitCoordinator {
 public:
  ConditionalPutCoordinator(ObjectStore& store, Clock& clock, RecoverHead recover,
                            const ConditionalPutOptions& options)
      : store_(store), clock_(clock), recover_(std::move(recover)), options_(options) {}

  // Lines appear one by one and are durable at once; there is no point in between to pin.
  std::optional<DatabaseSequence> Published() override { return std::nullopt; }

  Result<void> Recover() override {
    const std::lock_guard lock(mutex_);
    return RecoverLocked();
  }

  Result<void> Commit(CommitPlan& plan) override;

 private:
  enum class Put { kDone, kLost };

  Result<void> RecoverLocked();
  Result<DatabaseSequence> ClaimOrder();
  Result<Put> PutAll(const CommitBatch& batch);

  ObjectStore& store_;
  Clock& clock_;
  const RecoverHead recover_;
  const ConditionalPutOptions options_;

  std::mutex mutex_;  // one commit of this process at a time: they would only race each other
  bool is_recovered_ = false;
  DatabaseSequence claimed_;
  TimestampMicros committed_at_ = 0;
};

Result<void> ConditionalPutCoordinator::RecoverLocked() {
  if (is_recovered_) return {};
  ICEFALL_ASSIGN_OR_RETURN(const RecoveredHead head, recover_(DatabaseSequence()));
  claimed_ = head.database_sequence;
  committed_at_ = head.committed_at;
  is_recovered_ = true;
  return {};
}

Result<DatabaseSequence> ConditionalPutCoordinator::ClaimOrder() {
  const auto key = [&](DatabaseSequence sequence) {
    return fmt::format("{}{:020}", options_.order_prefix, sequence.value);
  };
  // Others have claimed the numbers that a listing shows; the rest is tried in turn.
  ICEFALL_ASSIGN_OR_RETURN(const auto taken, store_.List({.prefix = options_.order_prefix,
                                                          .start_after = key(claimed_)}));
  if (!taken.empty()) {
    const std::string& last = taken.back().key;
    uint64_t number = 0;
    std::from_chars(last.data() + options_.order_prefix.size(), last.data() + last.size(), number);
    claimed_ = std::max(claimed_, DatabaseSequence(number));
  }
  for (int round = 0; round < kLostRacesMax; ++round) {
    claimed_ = claimed_.Next();
    auto put = store_.Put(key(claimed_), "", PutCondition::IfAbsent());
    if (put) return claimed_;
    // A number of which it is not known whose it is stays unused.
    const ErrorCode code = put.error().code();
    if (code != ErrorCode::kAlreadyExists && code != ErrorCode::kOutcomeUnknown) {
      return Fail(std::move(put).error());
    }
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: lost {} races for the next commit", store_.name(), kLostRacesMax));
}

Result<ConditionalPutCoordinator::Put> ConditionalPutCoordinator::PutAll(const CommitBatch& batch) {
  bool is_first = true;
  for (const auto& step : batch.steps) {
    for (const LogAppend& append : step) {
      auto put = store_.Put(append.key, append.bytes, PutCondition::IfAbsent());
      if (!put) {
        const ErrorCode code = put.error().code();
        // Lines of a transaction that were put before count for nothing without its outcome; the
        // line of a new table counts for nothing without the catalog's.
        if (code == ErrorCode::kAlreadyExists && !append.is_new) return Put::kLost;
        if (code == ErrorCode::kAlreadyExists) {
          return Fail(ErrorCode::kConflict,
                      fmt::format("{}: expected nothing there yet", append.key));
        }
        if (code == ErrorCode::kOutcomeUnknown && !is_first && batch.outcome) {
          return Fail(ErrorCode::kUnavailable, put.error().message());
        }
        return Fail(std::move(put).error());
      }
      is_first = false;
    }
  }
  if (!batch.outcome) return Put::kDone;
  auto put = store_.Put(batch.outcome->key, batch.outcome->bytes, PutCondition::IfAbsent());
  if (put) return Put::kDone;
  // A rival that met one of the lines has settled the transaction.
  if (put.error().code() == ErrorCode::kAlreadyExists) return Put::kLost;
  return Fail(std::move(put).error());
}

Result<void> ConditionalPutCoordinator::Commit(CommitPlan& plan) {
  if (options_.read_only) {
    return Fail(ErrorCode::kPermissionDenied, fmt::format("{}: opened read-only", store_.name()));
  }
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(RecoverLocked());
  for (int round = 0; round < kLostRacesMax; ++round) {
    ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence sequence, ClaimOrder());
    CommitTurn turn;
    // Every round reads the logs again: what others did shows nowhere else.
    turn.head = DatabaseSequence(sequence.value - 1);
    turn.database_sequence = sequence;
    turn.committed_at = std::max(clock_.NowMicros(), committed_at_ + 1);
    turn.own_object = true;
    auto batch = plan.Prepare(turn);
    auto put = !batch           ? Result<Put>(Fail(batch.error()))
               : batch->is_late ? Result<Put>(Put::kLost)
                                : PutAll(*batch);
    if (put && *put == Put::kDone) {
      committed_at_ = turn.committed_at;
      plan.Staged();
      plan.Published();
      return {};
    }
    plan.Withdrawn();
    if (!put) return Fail(std::move(put).error());
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: lost {} races for the next commit", store_.name(), kLostRacesMax));
}

}  // namespace

std::unique_ptr<CommitCoordinator> MakeConditionalPutCoordinator(
    ObjectStore& store, Clock& clock, RecoverHead recover, const ConditionalPutOptions& options) {
  return std::make_unique<ConditionalPutCoordinator>(store, clock, std::move(recover), options);
}

}  // namespace icefall
