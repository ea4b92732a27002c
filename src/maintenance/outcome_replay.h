// Replays a log with every outcome that a transaction without its file can have had, and keeps
// those that all lines and manifests fit.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "log/icefall/verify.h"

namespace icefall {

struct OutcomeReplayCalls {
  // What is known; absent: both are tried.
  std::function<Result<std::optional<TransactionOutcome>>(const TransactionMark&)> known;
  // Only this one fits. `where`: the file, and the line in it.
  std::function<void(const std::string& id, TransactionOutcome, const std::string& where)> proven;
};

// Codec: see StateLog. Nothing follows from what fits with no outcome: that is other damage.
template <typename Codec>
class OutcomeReplay {
 public:
  // So many transactions in a row may be open, two to the power of which are the ways that it may
  // have gone; behind more nothing is proven.
  static constexpr size_t kBranchesMax = 64;

  OutcomeReplay(ObjectStore& store, std::string directory, Codec codec, OutcomeReplayCalls calls)
      : store_(store),
        directory_(std::move(directory)),
        codec_(std::move(codec)),
        calls_(std::move(calls)) {}

  // `files` are those of the log. Error: the store's, when it may pass.
  Result<void> Run(const VerifyStart<Codec>& start, const LogFiles& files) {
    branches_ = {{start.state, {}}};
    TransactionOutcomes unused(store_);
    LogCursor cursor = start.cursor;
    const auto read = LineReader(store_, directory_, unused)
                          .Read(cursor, {.ignores_outcomes = true},
                                [&](VerifiedLine line) { return Take(std::move(line), files); });
    if (!read && !IsDamage(read.error().code())) return read;
    return {};
  }

 private:
  using StatePointer = std::shared_ptr<const typename Codec::State>;
  struct Branch {
    StatePointer state;
    std::map<std::string, TransactionOutcome> assumed;  // of what is still open, by id
  };

  Result<bool> Take(VerifiedLine line, const LogFiles& files) {
    std::optional<TransactionOutcome> outcome = TransactionOutcome::kCommitted;
    if (line.line.transaction) {
      ICEFALL_ASSIGN_OR_RETURN(outcome, calls_.known(*line.line.transaction));
    }
    std::vector<Branch> next;
    for (const Branch& branch : branches_) {
      ICEFALL_RETURN_IF_ERROR(Fork(branch, line, outcome, next));
    }
    if (next.empty() || next.size() > kBranchesMax) return false;
    branches_ = std::move(next);
    Conclude(fmt::format("{}, sequence {},", SegmentKey(directory_, line.after.segment),
                         line.line.sequence.value));
    if (branches_.size() > 1 && std::ranges::binary_search(files.manifests, line.line.sequence)) {
      CompareManifest(line.after);
    }
    return true;
  }

  // What `branch` becomes by the line; nothing when the line does not fit it. A line that was
  // aborted fitted, too, when it was written.
  Result<void> Fork(const Branch& branch, VerifiedLine& line,
                    const std::optional<TransactionOutcome>& outcome, std::vector<Branch>& next) {
    for (const auto tried : {TransactionOutcome::kCommitted, TransactionOutcome::kAborted}) {
      if (outcome && *outcome != tried) continue;
      line.aborted = tried == TransactionOutcome::kAborted;
      const auto step = codec_.Apply(branch.state.get(), line);
      if (!step && !IsDamage(step.error().code())) return Fail(step.error());
      if (!step) return {};
      next.push_back({step->state, branch.assumed});
      if (!outcome) next.back().assumed[line.line.transaction->id] = tried;
    }
    return {};
  }

  void CompareManifest(const LogCursor& at) {
    const auto loaded = ReadManifest(store_, directory_, at.sequence, Codec::kKind);
    if (!loaded || loaded->manifest.cursor.hash != at.hash) return;
    const auto state = codec_.Decode(loaded->manifest);
    if (!state) return;
    std::vector<Branch> same;
    for (const Branch& branch : branches_) {
      if (Codec::Same(**state, *branch.state)) same.push_back(branch);
    }
    if (same.empty()) return;
    branches_ = std::move(same);
    Conclude(ManifestKey(directory_, at.sequence));
  }

  void Conclude(const std::string& where) {
    const auto first = branches_.front().assumed;
    for (const auto& [id, outcome] : first) {
      const bool all = std::ranges::all_of(
          branches_, [&](const Branch& branch) { return branch.assumed.at(id) == outcome; });
      if (!all) continue;
      for (Branch& branch : branches_) branch.assumed.erase(id);
      calls_.proven(id, outcome, where);
    }
  }

  ObjectStore& store_;
  const std::string directory_;
  Codec codec_;
  const OutcomeReplayCalls calls_;
  std::vector<Branch> branches_;
};

}  // namespace icefall
