// The single commit point of transactions over several logs; see docs/format/transactions.md.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "store/object_store.h"

namespace icefall {

enum class TransactionOutcome : uint8_t { kCommitted, kAborted };

// The bytes of an outcome file.
std::string EncodeOutcome(TransactionOutcome outcome);
// Error: kCorruption.
Result<TransactionOutcome> DecodeOutcome(std::string_view text);

// Looks outcomes up once and keeps them: an outcome never changes. Thread-safe. Lends the store.
class TransactionOutcomes {
 public:
  explicit TransactionOutcomes(ObjectStore& store) : store_(store) {}

  // Absent: not settled yet. Errors: kCorruption; the store's.
  Result<std::optional<TransactionOutcome>> Find(const std::string& id);

  // Gives the transaction this outcome unless it has one already; answers the one that counts. Only
  // under the right to commit: the owner of the transaction must be known dead. Committed only
  // where that is proven.
  Result<TransactionOutcome> Settle(const std::string& id,
                                    TransactionOutcome outcome = TransactionOutcome::kAborted);

  // Records what this process itself wrote.
  void Remember(const std::string& id, TransactionOutcome outcome);

 private:
  ObjectStore& store_;
  std::mutex mutex_;
  std::unordered_map<std::string, TransactionOutcome> known_;  // guarded by mutex_
};

}  // namespace icefall
