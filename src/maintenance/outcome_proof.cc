#include "maintenance/outcome_proof.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "database/catalog_codec.h"
#include "database/newest_number.h"
#include "log/icefall/outcome_trace.h"
#include "maintenance/lost_catalog.h"
#include "maintenance/outcome_replay.h"

namespace icefall {
namespace {

constexpr std::string_view kUnknown =
    "What the logs hold besides fits both, or neither, and proves nothing";

template <typename Codec>
Result<void> ReplayLog(ObjectStore& store, const std::string& directory, const LogFiles& files,
                       Codec codec, const OutcomeReplayCalls& calls) {
  LogReport ignored;
  auto start = FindVerifyStart(store, directory, files, codec, ignored);
  if (!start) return {};
  const bool is_first = start->cursor.sequence.value == 0;
  OutcomeReplay<Codec> replay(store, directory, std::move(codec), calls);
  ICEFALL_RETURN_IF_ERROR(replay.Run(*start, files));
  if (is_first || files.segments.empty() || files.segments.front() != Sequence(1)) return {};
  // What was given up may still tell, as far as its files are there.
  return replay.Run({}, files);
}

}  // namespace

Result<VerifyContext::Proof> OutcomeProofs::Prove(const TransactionMark& mark) {
  ICEFALL_RETURN_IF_ERROR(ReplayFrom(mark));
  if (const auto found = proofs_.find(mark.id); found != proofs_.end()) return found->second;
  ICEFALL_ASSIGN_OR_RETURN(const OutcomeTrace trace, TraceOutcome(store_, mark));
  if (!trace.replaced_in) return VerifyContext::Proof{std::nullopt, std::string(kUnknown)};
  return VerifyContext::Proof{
      TransactionOutcome::kAborted,
      fmt::format("It was abandoned: {} has another commit in its place", *trace.replaced_in)};
}

VerifyContext OutcomeProofs::Context(DatabaseSequence published) {
  return {.settled = [this, published] { return FindSettled(store_, published); },
          .prove = [this](const TransactionMark& mark) { return Prove(mark); }};
}

Result<void> OutcomeProofs::ReplayFrom(const TransactionMark& mark) {
  bool is_new = false;
  for (const auto& participant : mark.participants) is_new |= logs_.insert(participant.log).second;
  while (is_new) {
    const size_t logs = logs_.size(), proofs = proofs_.size();
    const std::set<std::string> found = logs_;
    for (const std::string& log : found) ICEFALL_RETURN_IF_ERROR(Replay(log));
    // What one log proves, or which one it names, may be what another lacks.
    is_new = logs_.size() > logs || proofs_.size() > proofs;
  }
  return {};
}

Result<void> OutcomeProofs::Replay(const std::string& directory) {
  TransactionOutcomes outcomes(store_);
  const OutcomeReplayCalls calls{
      .known = [&](const TransactionMark& mark) -> Result<std::optional<TransactionOutcome>> {
        const auto stored = outcomes.Find(mark.id);
        if (!stored && !IsDamage(stored.error().code())) return Fail(stored.error());
        if (stored && *stored) return *stored;
        for (const auto& participant : mark.participants) logs_.insert(participant.log);
        const auto proof = proofs_.find(mark.id);
        return proof == proofs_.end() ? std::nullopt : proof->second.outcome;
      },
      .proven = [&](const std::string& id, TransactionOutcome outcome,
                    const std::string& where) { Take(id, outcome, where); }};
  LogReport ignored;
  ICEFALL_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(store_, directory, ignored));
  if (directory == kCatalogDirectory) {
    return ReplayLog(store_, directory, files, CatalogCodec(), calls);
  }
  ICEFALL_ASSIGN_OR_RETURN(const std::string uuid, FindTableUuid(store_, directory, files));
  if (uuid.empty()) return {};
  return ReplayLog(store_, directory, files, TableCodec(store_, SystemClock(), directory, uuid),
                   calls);
}

void OutcomeProofs::Take(const std::string& id, TransactionOutcome outcome,
                         const std::string& where) {
  const bool is_committed = outcome == TransactionOutcome::kCommitted;
  VerifyContext::Proof proof{outcome, fmt::format("It was {}: {} fits nothing else",
                                                  is_committed ? "committed" : "abandoned", where)};
  const auto [known, is_new] = proofs_.emplace(id, proof);
  if (is_new || known->second.outcome == outcome) return;
  known->second = {std::nullopt, fmt::format("Its logs contradict each other: {}; but {}",
                                             known->second.text, proof.text)};
}

}  // namespace icefall
