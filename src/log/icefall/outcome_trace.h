// What the logs of a transaction tell when its outcome file is not there: whether there never was
// one, because its writer died, or it was lost. See docs/format/transactions.md.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "log/log_entry.h"
#include "store/object_store.h"

namespace icefall {

struct OutcomeTrace {
  // A segment with another commit at the number that the transaction should have there. Its lines
  // were then never durable in all its logs, so that it cannot have committed.
  std::optional<ObjectKey> replaced_in;
  // What stands behind its lines, which nobody writes before it has an outcome; empty: nothing.
  std::string followed_by;
};

// Reads the logs of all participants. Lines that do not parse prove nothing. Errors: kCorruption
// for a log outside of the database; the store's.
Result<OutcomeTrace> TraceOutcome(ObjectStore& store, const TransactionMark& mark);

// "t (sequence 7) and u (sequence 3)", of all participants.
std::string DescribeParticipants(const TransactionMark& mark);

// The number of the last line of a log that is whole, 0 where there is none: every transaction of a
// lower number has got its outcome. Error: the store's, when it may pass.
Result<DatabaseSequence> NewestLine(ObjectStore& store, const std::string& directory);

}  // namespace icefall
