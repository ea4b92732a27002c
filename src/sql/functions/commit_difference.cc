#include "sql/functions/commit_difference.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

std::shared_ptr<Snapshot> WithoutRows(const Snapshot& like,
                                      const std::shared_ptr<const Schema>& schema) {
  auto empty = std::make_shared<Snapshot>(like);
  empty->schema = schema;
  empty->schemas[schema->id] = schema;
  empty->fragments = FragmentSet();
  empty->inline_rows = InlineRows();
  empty->live_row_count = 0;
  return empty;
}

// What stays of [0, count) when only `shown` is to be seen, as deletions.
std::shared_ptr<const DeletionVector> AllBut(uint64_t begin, uint64_t end,
                                             const DeletionVector& shown) {
  DeletionVector hidden;
  hidden.AddRange(begin, end);
  hidden -= shown;
  return std::make_shared<const DeletionVector>(std::move(hidden));
}

DeletionVector ValueOf(const std::shared_ptr<const DeletionVector>& deletes) {
  return deletes ? *deletes : DeletionVector();
}

// Positions in [begin, end) that are not in `deletes`.
DeletionVector LiveIn(uint64_t begin, uint64_t end, const DeletionVector& deletes) {
  DeletionVector live;
  live.AddRange(begin, end);
  live -= deletes;
  return live;
}

void AddFragment(Snapshot& to, const Fragment& fragment, const DeletionVector& shown) {
  if (shown.empty()) return;
  auto part = std::make_shared<Fragment>(fragment);
  part->deletes = AllBut(0, fragment.row_count, shown);
  if (part->deletes->empty()) part->deletes = nullptr;
  to.live_row_count += shown.cardinality();
  to.fragments.Put(std::move(part));
}

void AddFragmentDifference(const FragmentPointer& before, const FragmentPointer& after,
                           Snapshot& removed, Snapshot& added) {
  if (!before) {
    AddFragment(added, *after, LiveIn(0, after->row_count, ValueOf(after->deletes)));
    return;
  }
  DeletionVector gone = LiveIn(0, before->row_count, ValueOf(before->deletes));
  if (after) gone -= LiveIn(0, after->row_count, ValueOf(after->deletes));
  AddFragment(removed, *before, gone);
}

// The live positions of inline rows in [begin, end).
DeletionVector LiveInline(const InlineRows& rows, uint64_t begin, uint64_t end) {
  return LiveIn(std::max(begin, rows.floor), std::max(begin, std::max(end, rows.floor)),
                ValueOf(rows.deletes));
}

void ShowInline(Snapshot& to, const InlineRows& rows, const DeletionVector& shown) {
  if (shown.empty()) return;
  to.inline_rows = rows;
  to.inline_rows.deletes = nullptr;
  // Not all positions have rows: a transaction uses up those of rows that it deletes itself.
  auto hidden = std::make_shared<DeletionVector>(to.inline_rows.LivePositions());
  *hidden -= shown;
  if (!hidden->empty()) to.inline_rows.deletes = std::move(hidden);
  to.live_row_count += shown.cardinality();
}

}  // namespace

CommitDifference DifferenceOf(const Snapshot& before, const Snapshot& after,
                              const std::shared_ptr<const Schema>& schema) {
  auto removed = WithoutRows(before, schema);
  auto added = WithoutRows(after, schema);
  FragmentSet::Diff(before.fragments, after.fragments,
                    [&](const FragmentPointer& left, const FragmentPointer& right) {
                      AddFragmentDifference(left, right, *removed, *added);
                    });
  const uint64_t known = before.inline_rows.next_position;
  DeletionVector gone = LiveInline(before.inline_rows, 0, known);
  gone -= LiveInline(after.inline_rows, 0, known);
  ShowInline(*removed, before.inline_rows, gone);
  ShowInline(*added, after.inline_rows,
             LiveInline(after.inline_rows, known, after.inline_rows.next_position));
  CommitDifference difference;
  if (removed->live_row_count > 0) difference.removed = std::move(removed);
  if (added->live_row_count > 0) difference.added = std::move(added);
  return difference;
}

}  // namespace icefall
