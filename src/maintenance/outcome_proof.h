// Proves what became of transactions whose outcome files were lost, by what their logs hold
// besides.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "log/icefall/verify.h"
#include "store/object_store.h"

namespace icefall {

// Every later line and manifest of a log fits the state before it: row ids that were given out,
// rows that are there to be deleted, schemas that follow each other. What fits only when a
// transaction counts, or only when it does not, proves its outcome. So does a log that has another
// commit at the number that the transaction should have. Reads logs when it is asked, and remembers
// what they proved. Lends the store.
class OutcomeProofs {
 public:
  explicit OutcomeProofs(ObjectStore& store) : store_(store) {}

  // Errors: the store's, when it may pass.
  Result<VerifyContext::Proof> Prove(const TransactionMark& mark);

  // For VerifyLog, which must not outlive this. `published`: the newest commit that is known to be.
  VerifyContext Context(DatabaseSequence published);

 private:
  // Replays every log that a transaction without an outcome changed, from those of `mark` on, until
  // nothing more is proven.
  Result<void> ReplayFrom(const TransactionMark& mark);
  Result<void> Replay(const std::string& directory);
  void Take(const std::string& id, TransactionOutcome outcome, const std::string& where);

  ObjectStore& store_;
  std::set<std::string> logs_;                          // that were replayed, or are to be
  std::map<std::string, VerifyContext::Proof> proofs_;  // by the transaction's id
};

}  // namespace icefall
