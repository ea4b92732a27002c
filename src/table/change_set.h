// What a transaction does to one table, independent of the commit it will become.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "table/row_id_reader.h"
#include "table/snapshot.h"

namespace icefall {

// Relative to a base snapshot. Ids of what is added (fragment ids, first row ids, inline
// positions) are provisional: they continue the base's counters, and Rebase moves them. It cannot
// move what is inside a data file, so `_row_id` stored there must be below the base's next row id
// or NULL.
struct ChangeSet {
  std::string operation;                       // see Snapshot::operation
  std::map<std::string, std::string> summary;  // for people: "deleted_rows" -> "3"

  std::vector<FragmentPointer> added_fragments;       // ascending ids
  std::vector<FragmentId> removed_fragments;          // ascending; of the base
  std::map<FragmentId, DeletionVector> deleted_rows;  // newly deleted positions, base fragments
  // Beside deleted_rows: the columns whose statistics changed; those not listed stay as they are.
  // For a fragment without an entry (not: with an empty one) every bound becomes inexact. An exact
  // bound may only stay so when no deleted row held it; that another row still does is not enough,
  // as a concurrent commit may delete that one.
  std::map<FragmentId, std::vector<ColumnStatistics>> new_statistics;

  std::vector<InlineBatchPointer> added_inline;  // ascending positions
  DeletionVector deleted_inline;                 // newly deleted positions, base's or added
  std::optional<uint64_t> inline_floor;          // flush: all below have moved

  std::shared_ptr<const Schema> schema;  // null: unchanged
  FieldId last_field_id;                 // with schema
  // Schemas that added rows were written under and that the base does not hold, ascending ids: of
  // a transaction that inserts between two ALTERs, or that was rebased over one.
  std::vector<std::shared_ptr<const Schema>> other_schemas;
  std::optional<PartitionSpec> partition_spec;  // becomes the current one
  // As other_schemas: specs that the base does not hold and that do not become current.
  std::vector<PartitionSpec> other_partition_specs;
  std::optional<SortOrder> sort_order;
  std::map<std::string, std::optional<std::string>> properties;  // absent value: remove

  // Row ids the added rows use up, from the base's next_row_id.
  uint64_t row_id_count = 0;

  // Serializable isolation: the table was read, so any change of rows or schema by others
  // conflicts. Also for a change that computed values for all rows, such as a column added with a
  // volatile default.
  bool reads_whole_table = false;

  // Maintenance: every live row of the removed fragments, and every inline row below the floor, is
  // in an added fragment whose file stores its id, the number of the commit that last wrote it and
  // the same values; nothing else changes. Conflicts with nothing.
  bool moves_rows = false;

  // True when committing it would do nothing: used-up row ids, the operation and the summary do
  // not count.
  bool empty() const;
};

// The change that leads from `base` to `pending`, which a transaction derived from it by Apply
// (several times, perhaps). What came and went in between is left out: rows, fragments and inline
// batches both added and deleted. So Apply(base, Diff(base, pending)) has the live rows of
// `pending` under the same ids and positions, but its counters may be lower and its inline floor
// no higher than the rows need. `operation` and `summary` are left empty.
ChangeSet Diff(const Snapshot& base, const Snapshot& pending);

// What a commit adds to its change set.
struct CommitInfo {
  Sequence sequence;
  DatabaseSequence database_sequence;
  TimestampMicros committed_at = 0;
  std::string parent_hash;
  std::string hash;
};

// The snapshot after the change. Checks every invariant that the types cannot: ids ascend, removed
// fragments exist, deleted positions exist and were live, rows fit their counts. Error:
// kCorruption naming the fragment (the change does not fit the base).
Result<Snapshot> Apply(const Snapshot& base, const ChangeSet& change, const CommitInfo& info);

// `mine` was made against `base`; the table is now at `latest`, reached by `theirs` (one or more
// commits' changes, in order). Answers the change that does the same to `latest`, ids moved.
// Error: kConflict naming what both changed (fragment, row positions, schema element) and the
// sequence of the other commit. Rules, which are symmetric:
//   - rows: the same position deleted twice conflicts; different positions do not;
//   - a fragment removed by one and touched by the other conflicts;
//   - appends never conflict with rows;
//   - schema changes conflict with schema changes; appends written under the old schema still
//     fit unless WhyRowsDoNotFit says otherwise (then kConflict);
//   - a flush of inline rows conflicts with deletes and flushes of inline rows below its floor;
//   - a change that only moves rows conflicts with nothing: rows that are deleted where they were
//     are deleted where they are now, found by the ids that `read` answers;
//   - partition spec, sort order, and each property conflict when both changed them, to different
//     values.
// Where both deleted rows of one fragment, its bounds stay exact only where both left them so.
Result<ChangeSet> Rebase(const Snapshot& base, const ChangeSet& mine,
                         const std::vector<std::pair<Sequence, const ChangeSet*>>& theirs,
                         const Snapshot& latest, const RowIdReader& read = nullptr);

// The snapshot of a table that has no commit yet: sequence 0, empty, with this schema.
Snapshot EmptySnapshot(std::string table_uuid, Schema schema);

}  // namespace icefall
