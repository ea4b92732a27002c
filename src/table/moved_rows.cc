#include "table/moved_rows.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "table/positions.h"

namespace icefall {
namespace {

// Row ids as a set; positions and ids are both 64 bits wide.
using RowIdSet = DeletionVector;

Result<void> VisitRowIds(const Fragment& fragment, const RowIdReader& read,
                         const RowIdVisitor& visit) {
  if (!fragment.has_row_ids) {
    for (uint64_t i = 0; i < fragment.row_count; ++i) {
      visit(i, RowId(fragment.first_row_id.value + i));
    }
    return {};
  }
  if (read) return read(fragment, visit);
  return Fail(ErrorCode::kConflict,
              fmt::format("fragment {}: its rows were moved by another commit, and no one can say "
                          "where to: the ids that it stores cannot be read here",
                          fragment.path));
}

DeletionVector LiveRows(const Fragment& fragment) {
  DeletionVector live;
  live.AddRange(0, fragment.row_count);
  if (fragment.deletes != nullptr) live -= *fragment.deletes;
  return live;
}

Result<void> CollectIds(const Fragment& fragment, const DeletionVector& positions,
                        const RowIdReader& read, RowIdSet& ids) {
  if (!fragment.has_row_ids) {
    positions.ForEach([&](uint64_t position) {
      ids.Add(fragment.first_row_id.value + position);
      return true;
    });
    return {};
  }
  return VisitRowIds(fragment, read, [&](uint64_t position, RowId id) {
    if (positions.Contains(position)) ids.Add(id.value);
  });
}

void CollectInlineIds(const InlineRows& rows, const DeletionVector& positions, RowIdSet& ids) {
  for (const InlineBatchPointer& batch : rows.batches) {
    for (uint64_t i = 0; i < batch->row_count; ++i) {
      if (!positions.Contains(batch->first_position + i)) continue;
      ids.Add(batch->RowIdOf(i).value);
    }
  }
}

Result<DeletionVector> FindIds(const Fragment& fragment, const RowIdReader& read,
                               const RowIdSet& ids) {
  DeletionVector found;
  ICEFALL_RETURN_IF_ERROR(VisitRowIds(fragment, read, [&](uint64_t position, RowId id) {
    if (ids.Contains(id.value)) found.Add(position);
  }));
  return found;
}

// Takes out of `mine` what it does to rows that have moved; answers which rows these are.
Result<RowIdSet> TakeMovedRows(const Snapshot& before, ChangeSet& mine, const ChangeSet& move,
                               const RowIdReader& read) {
  RowIdSet ids;
  for (const FragmentId id : move.removed_fragments) {
    const FragmentPointer fragment = before.fragments.Find(id);
    if (const auto deleted = mine.deleted_rows.find(id); deleted != mine.deleted_rows.end()) {
      ICEFALL_RETURN_IF_ERROR(CollectIds(*fragment, deleted->second, read, ids));
      mine.deleted_rows.erase(deleted);
      mine.new_statistics.erase(id);
    }
    if (std::ranges::binary_search(mine.removed_fragments, id)) {
      ICEFALL_RETURN_IF_ERROR(CollectIds(*fragment, LiveRows(*fragment), read, ids));
      std::erase(mine.removed_fragments, id);
    }
  }
  if (!move.inline_floor.has_value()) return ids;
  const DeletionVector flushed =
      Intersection(before.inline_rows.LivePositions(), PositionsBelow(*move.inline_floor));
  DeletionVector taken = Intersection(mine.deleted_inline, flushed);
  mine.deleted_inline -= taken;
  // What both flushed stays where this change put it.
  if (mine.inline_floor.has_value()) {
    taken |= Intersection(flushed, PositionsBelow(*mine.inline_floor));
  }
  CollectInlineIds(before.inline_rows, taken, ids);
  return ids;
}

}  // namespace

Result<ChangeSet> FollowMove(const Snapshot& before, ChangeSet mine, const ChangeSet& move,
                             const Snapshot& after, const RowIdReader& read) {
  ICEFALL_ASSIGN_OR_RETURN(const RowIdSet ids, TakeMovedRows(before, mine, move, read));
  const uint64_t wanted = ids.cardinality();
  uint64_t found = 0;
  for (const FragmentPointer& added : move.added_fragments) {
    if (found == wanted) break;
    const FragmentPointer fragment = after.fragments.Find(added->id);
    if (fragment == nullptr) continue;
    ICEFALL_ASSIGN_OR_RETURN(DeletionVector rows, FindIds(*fragment, read, ids));
    if (fragment->deletes != nullptr) rows -= *fragment->deletes;
    const uint64_t count = rows.cardinality();
    if (count == 0) continue;
    found += count;
    if (count == fragment->live_count()) {
      mine.removed_fragments.push_back(fragment->id);
    } else {
      mine.deleted_rows[fragment->id] = std::move(rows);
    }
  }
  if (found != wanted) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("commit {} moved rows: expected {} of them by id in the fragments it "
                            "added, found {}",
                            after.sequence.value, wanted, found));
  }
  std::ranges::sort(mine.removed_fragments);
  return mine;
}

Result<ChangeSet> DropLostRows(const Snapshot& base, ChangeSet move, const Snapshot& latest,
                               const RowIdReader& read) {
  RowIdSet lost;
  std::vector<FragmentId> removed;
  for (const FragmentId id : move.removed_fragments) {
    const FragmentPointer before = base.fragments.Find(id);
    const FragmentPointer now = latest.fragments.Find(id);
    if (now != nullptr) removed.push_back(id);
    if (now != nullptr && now->deleted_count() == before->deleted_count()) continue;
    DeletionVector rows = now == nullptr ? LiveRows(*before) : *now->deletes;
    if (now != nullptr && before->deletes != nullptr) rows -= *before->deletes;
    ICEFALL_RETURN_IF_ERROR(CollectIds(*before, rows, read, lost));
  }
  move.removed_fragments = std::move(removed);
  if (move.inline_floor.has_value()) {
    DeletionVector rows =
        Intersection(base.inline_rows.LivePositions(), PositionsBelow(*move.inline_floor));
    rows -= latest.inline_rows.LivePositions();
    CollectInlineIds(base.inline_rows, rows, lost);
  }
  if (lost.empty()) return move;
  std::vector<FragmentPointer> kept;
  for (const FragmentPointer& added : move.added_fragments) {
    ICEFALL_ASSIGN_OR_RETURN(DeletionVector rows, FindIds(*added, read, lost));
    if (!rows.empty()) {
      if (added->deletes != nullptr) rows |= *added->deletes;
      auto fragment = std::make_shared<Fragment>(*added);
      fragment->deletes = std::make_shared<const DeletionVector>(std::move(rows));
      for (ColumnStatistics& column : fragment->statistics) {
        column.lower_is_exact = column.upper_is_exact = false;
      }
      if (fragment->live_count() > 0) kept.push_back(std::move(fragment));
    } else {
      kept.push_back(added);
    }
  }
  move.added_fragments = std::move(kept);
  return move;
}

}  // namespace icefall
