#include "log/icefall/transaction_outcomes.h"

#include <fmt/format.h>

#include "log/icefall/commit_line.h"
#include "log/icefall/file_names.h"

namespace icefall {
namespace {

// Forgetting only costs another look-up.
constexpr size_t kKnownMax = 4096;

}  // namespace

std::string EncodeOutcome(TransactionOutcome outcome) {
  return fmt::format("{{\"format_version\":{},\"outcome\":\"{}\"}}\n", kFormatVersion,
                     outcome == TransactionOutcome::kCommitted ? "commit" : "abort");
}

Result<TransactionOutcome> DecodeOutcome(std::string_view text) {
  ICEFALL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  DecodeStatus status;
  const JsonFields fields(json, "outcome file", status);
  const uint64_t version = fields.Unsigned("format_version");
  const std::string outcome = fields.Text("outcome");
  if (!status.ok()) return status.Take();
  ICEFALL_RETURN_IF_ERROR(CheckFormatVersion(version));
  if (outcome == "commit") return TransactionOutcome::kCommitted;
  if (outcome == "abort") return TransactionOutcome::kAborted;
  return Fail(ErrorCode::kCorruption,
              fmt::format("expected \"commit\" or \"abort\", found \"{}\"", outcome));
}

Result<std::optional<TransactionOutcome>> TransactionOutcomes::Find(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(id); found != known_.end()) return found->second;
  }
  const ObjectKey key = TransactionKey(id);
  auto text = store_.ReadToEnd(key, 0);
  if (!text) {
    if (text.error().code() == ErrorCode::kNotFound) return std::nullopt;
    return Fail(std::move(text).error());
  }
  auto outcome = DecodeOutcome(*text);
  if (!outcome) return Fail(outcome.error().WithContext(key));
  Remember(id, *outcome);
  return *outcome;
}

Result<TransactionOutcome> TransactionOutcomes::Settle(const std::string& id,
                                                       TransactionOutcome outcome) {
  ICEFALL_ASSIGN_OR_RETURN(const auto found, Find(id));
  if (found) return *found;
  const auto put = store_.Put(TransactionKey(id), EncodeOutcome(outcome), PutCondition::IfAbsent());
  if (put) {
    Remember(id, outcome);
    return outcome;
  }
  if (put.error().code() != ErrorCode::kAlreadyExists) return Fail(put.error());
  ICEFALL_ASSIGN_OR_RETURN(const auto theirs, Find(id));
  if (theirs) return *theirs;
  return Fail(ErrorCode::kCorruption,
              fmt::format("{}: it exists and it does not", TransactionKey(id)));
}

void TransactionOutcomes::Remember(const std::string& id, TransactionOutcome outcome) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kKnownMax) known_.clear();
  known_.emplace(id, outcome);
}

}  // namespace icefall
