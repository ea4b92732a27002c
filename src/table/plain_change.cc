#include "table/plain_change.h"

namespace icefall {

bool IsPlainRowChange(const ChangeSet& change) {
  if (change.deleted_rows.empty() && change.deleted_inline.empty() && change.added_inline.empty()) {
    return false;
  }
  if (!change.added_fragments.empty() || !change.removed_fragments.empty() ||
      change.added_inline.size() > 1 || change.inline_floor.has_value() ||
      change.schema != nullptr || !change.other_schemas.empty() ||
      change.partition_spec.has_value() || !change.other_partition_specs.empty() ||
      change.sort_order.has_value() || !change.properties.empty()) {
    return false;
  }
  if (change.added_inline.empty() || change.deleted_inline.empty()) return true;
  const InlineBatch& added = *change.added_inline.front();
  return change.deleted_inline.CardinalityInRange(added.first_position,
                                                  added.first_position + added.row_count) == 0;
}

Snapshot WithCommitInfo(const Snapshot& applied, const CommitInfo& info) {
  Snapshot snapshot = applied;
  snapshot.database_sequence = info.database_sequence;
  snapshot.committed_at = info.committed_at;
  snapshot.parent_hash = info.parent_hash;
  snapshot.hash = info.hash;
  return snapshot;
}

}  // namespace icefall
