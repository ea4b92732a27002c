// Finding rows again that a change has moved (ChangeSet::moves_rows): by their ids, which are all
// that an old and a new place have in common.
#pragma once

#include "base/result.h"
#include "table/change_set.h"

namespace icefall {

// `mine` and `move` were both made against `before`; `after` is the state behind the move. Answers
// what does the same as `mine` to `after`: where it deleted rows that have moved, they are deleted
// where they are now. Ids of what it adds still continue the counters of `before`. Memory: the row
// ids that `mine` deletes from moved fragments, compressed. Errors: kConflict when ids would have
// to be read and `read` is null; kCorruption when a moved row is not where it must be; those of
// `read`.
Result<ChangeSet> FollowMove(const Snapshot& before, ChangeSet mine, const ChangeSet& move,
                             const Snapshot& after, const RowIdReader& read);

// `move` was made against `base`; others have reached `latest`. Answers the move
// without the rows that are no longer where it took them from: they are deleted in the
// fragments that it adds. Errors: as FollowMove.
Result<ChangeSet> DropLostRows(const Snapshot& base, ChangeSet move, const Snapshot& latest,
                               const RowIdReader& read);

}  // namespace icefall
