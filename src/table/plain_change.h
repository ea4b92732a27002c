// Changes of rows that need no other form to be committed.
#pragma once

#include "table/change_set.h"

namespace icefall {

// Only deletes rows and adds at most one batch of inline rows, none of which it deletes, and does
// something. Diff could say no less of what this alone leads to.
bool IsPlainRowChange(const ChangeSet& change);

// `applied` is Apply(base, change, other), and `other` has the sequence of `info`: answers
// Apply(base, change, info) without doing it again.
Snapshot WithCommitInfo(const Snapshot& applied, const CommitInfo& info);

}  // namespace icefall
