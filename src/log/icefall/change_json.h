// Change sets and complete table states as JSON: what a commit line's "changes" and a manifest's
// "state" hold. See docs/format/log.md and docs/format/manifest.md.
#pragma once

#include "log/icefall/deletion_files.h"
#include "log/icefall/json.h"
#include "table/change_set.h"
#include "table/snapshot.h"

namespace icefall {

// Large deletion vectors are written to files on the way. Errors: the store's; kInvalidArgument
// for inline rows that are no JSON. Members are added to `json`.
Result<Json> EncodeChange(const ChangeSet& change, DeletionFiles& deletions,
                          Json json = NewObject());

// `base` gives the row counts that bound deleted positions. Operation and summary are the line's.
ChangeSet DecodeChange(const Json& json, const Snapshot& base, DeletionFiles& deletions,
                       DecodeStatus& status);

// Everything but sequence, hash, time and operation, which stand beside it.
Result<Json> EncodeState(const Snapshot& snapshot, DeletionFiles& deletions);
Snapshot DecodeState(const Json& json, DeletionFiles& deletions, DecodeStatus& status);

}  // namespace icefall
