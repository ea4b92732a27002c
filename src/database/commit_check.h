// A condition that a transaction's change of a table must still meet when others were faster.
#pragma once

#include "base/result.h"
#include "table/change_set.h"
#include "table/snapshot.h"

namespace icefall {

class CommitCheck {
 public:
  virtual ~CommitCheck() = default;

  // The table has moved on from `base`, on which the transaction stands, to `head`; `change` is
  // what will be committed there. Called with the right to commit, once per lost race: reads no
  // more than it must. Errors: kConstraint, kConflict; they end the transaction.
  virtual Result<void> Check(const Snapshot& base, const Snapshot& head,
                             const ChangeSet& change) = 0;
};

}  // namespace icefall
