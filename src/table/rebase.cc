#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "table/change_set.h"
#include "table/conflict_text.h"
#include "table/moved_rows.h"
#include "table/positions.h"
#include "table/schema_change.h"

namespace icefall {
namespace {

using Commits = std::vector<std::pair<Sequence, const ChangeSet*>>;

std::unexpected<Error> Conflict(std::string message) {
  return Fail(ErrorCode::kConflict, std::move(message));
}

bool AddsRows(const ChangeSet& change) {
  return !change.added_fragments.empty() || !change.added_inline.empty();
}

bool ChangesRows(const ChangeSet& change) {
  return AddsRows(change) || !change.removed_fragments.empty() || !change.deleted_rows.empty() ||
         !change.deleted_inline.empty() || change.inline_floor.has_value();
}

bool ChangesPartitioning(const ChangeSet& change) {
  return change.partition_spec.has_value() || !change.other_partition_specs.empty();
}

bool Removes(const ChangeSet& change, FragmentId id) {
  return std::ranges::binary_search(change.removed_fragments, id);
}

// Whether the two changes conflict. What is decided by state compares `base` and `latest`; `theirs`
// says which commit to name, and what kind of change it was.
class ConflictCheck {
 public:
  ConflictCheck(const Snapshot& base, const ChangeSet& mine, const Commits& theirs,
                const Snapshot& latest, const RowIdReader& read)
      : base_(base), mine_(mine), theirs_(theirs), latest_(latest), read_(read) {}

  Result<void> Run() const {
    ICEFALL_RETURN_IF_ERROR(CheckReads());
    ICEFALL_RETURN_IF_ERROR(CheckSchema());
    ICEFALL_RETURN_IF_ERROR(CheckRemovedFragments());
    ICEFALL_RETURN_IF_ERROR(CheckDeletedRows());
    ICEFALL_RETURN_IF_ERROR(CheckInlineRows());
    ICEFALL_RETURN_IF_ERROR(CheckLayout());
    return CheckProperties();
  }

 private:
  // The first of their commits that did it.
  template <typename Predicate>
  std::optional<Sequence> FindCommit(Predicate&& did_it) const {
    for (const auto& [sequence, change] : theirs_) {
      if (did_it(*change)) return sequence;
    }
    return std::nullopt;
  }

  // Their commit that did what the snapshots show; the newest when none admits to it.
  template <typename Predicate>
  uint64_t Culprit(Predicate&& did_it) const {
    return FindCommit(did_it).value_or(latest_.sequence).value;
  }

  Result<void> CheckReads() const;
  Result<void> CheckSchema() const;
  Result<void> CheckMyRowsFit() const;
  Result<void> CheckRemovedFragments() const;
  Result<void> CheckDeletedRows() const;
  Result<void> CheckInlineRows() const;
  Result<void> CheckLayout() const;
  Result<void> CheckProperties() const;

  const Snapshot& base_;
  const ChangeSet& mine_;
  const Commits& theirs_;
  const Snapshot& latest_;
  const RowIdReader& read_;
};

Result<void> ConflictCheck::CheckReads() const {
  if (!mine_.reads_whole_table) return {};
  const auto commit = FindCommit(
      [](const ChangeSet& change) { return ChangesRows(change) || change.schema != nullptr; });
  if (!commit.has_value()) return {};
  return Conflict(
      fmt::format("this transaction read the table at commit {} (serializable), and "
                  "commit {} has changed it since",
                  base_.sequence.value, commit->value));
}

Result<void> ConflictCheck::CheckSchema() const {
  if (mine_.schema == nullptr) return CheckMyRowsFit();
  for (const auto& [sequence, change] : theirs_) {
    if (change->schema == nullptr) continue;
    return Conflict(
        fmt::format("schema: this transaction changed it ({}), and so did commit {} "
                    "({})",
                    DescribeSchemaChange(*base_.schema, *mine_.schema), sequence.value,
                    DescribeSchemaChange(*base_.schema, *change->schema)));
  }
  const auto commit = FindCommit(AddsRows);
  if (!commit.has_value()) return {};
  if (const auto reason = WhyRowsDoNotFit(*base_.schema, *mine_.schema)) {
    return Conflict(
        fmt::format("schema: {} by this transaction, but commit {} added rows that do "
                    "not fit that",
                    *reason, commit->value));
  }
  return {};
}

Result<void> ConflictCheck::CheckMyRowsFit() const {
  // Rows that were there before fitted whatever the schema became.
  if (!AddsRows(mine_) || mine_.moves_rows || base_.schema == latest_.schema) return {};
  const auto reason = WhyRowsDoNotFit(*base_.schema, *latest_.schema);
  if (!reason.has_value()) return {};
  return Conflict(
      fmt::format("schema: {} by commit {}, but this transaction added rows that do "
                  "not fit that",
                  *reason, Culprit([&](const ChangeSet& change) {
                    return change.schema != nullptr &&
                           WhyRowsDoNotFit(*base_.schema, *change.schema).has_value();
                  })));
}

Result<void> ConflictCheck::CheckRemovedFragments() const {
  for (const FragmentId id : mine_.removed_fragments) {
    const FragmentPointer now = latest_.fragments.Find(id);
    const FragmentPointer before = base_.fragments.Find(id);
    if (before == nullptr) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("fragment {}: removed, but commit {} has none with this id", id.value,
                              base_.sequence.value));
    }
    if (now == nullptr) {
      return Conflict(
          fmt::format("fragment {}: removed by this transaction and by commit {}", before->path,
                      Culprit([&](const ChangeSet& change) { return Removes(change, id); })));
    }
    if (now == before || now->deleted_count() == before->deleted_count()) continue;
    DeletionVector rows = *now->deletes;
    if (before->deletes != nullptr) rows -= *before->deletes;
    return Conflict(fmt::format(
        "fragment {}: removed by this transaction, but commit {} deleted {} from it", now->path,
        Culprit([&](const ChangeSet& change) { return change.deleted_rows.contains(id); }),
        DescribeRows(*now, rows, read_)));
  }
  return {};
}

Result<void> ConflictCheck::CheckDeletedRows() const {
  for (const auto& [id, rows] : mine_.deleted_rows) {
    const FragmentPointer now = latest_.fragments.Find(id);
    if (now == nullptr) {
      const FragmentPointer before = base_.fragments.Find(id);
      return Conflict(fmt::format(
          "fragment {}: {} deleted by this transaction, but commit {} removed the fragment",
          before == nullptr ? std::to_string(id.value) : before->path,
          before == nullptr ? DescribePositions(rows) : DescribeRows(*before, rows, read_),
          Culprit([&](const ChangeSet& change) { return Removes(change, id); })));
    }
    if (now->deletes == nullptr || !now->deletes->Intersects(rows)) continue;
    const DeletionVector both = Intersection(rows, *now->deletes);
    const auto deletes_them = [&, id = id](const ChangeSet& change) {
      const auto deleted = change.deleted_rows.find(id);
      return deleted != change.deleted_rows.end() && deleted->second.Intersects(both);
    };
    return Conflict(fmt::format("fragment {}: {} deleted by this transaction and by commit {}",
                                now->path, DescribeRows(*now, both, read_), Culprit(deletes_them)));
  }
  return {};
}

Result<void> ConflictCheck::CheckInlineRows() const {
  DeletionVector changed = mine_.deleted_inline;
  if (mine_.inline_floor.has_value()) {
    changed |= Intersection(base_.inline_rows.LivePositions(), PositionsBelow(*mine_.inline_floor));
  }
  // From there on are the transaction's own rows.
  changed = Intersection(changed, PositionsBelow(base_.inline_rows.next_position));
  if (changed.empty()) return {};
  changed -= latest_.inline_rows.LivePositions();
  if (changed.empty()) return {};
  const auto took_them = [&](const ChangeSet& change) {
    return change.deleted_inline.Intersects(changed) ||
           (change.inline_floor.has_value() &&
            changed.CardinalityInRange(0, *change.inline_floor) > 0);
  };
  return Conflict(fmt::format("inline {}: deleted or flushed by this transaction and by commit {}",
                              DescribeInlineRows(base_.inline_rows, changed), Culprit(took_them)));
}

Result<void> ConflictCheck::CheckLayout() const {
  const auto partitioned = FindCommit(ChangesPartitioning);
  if (ChangesPartitioning(mine_) && partitioned.has_value() &&
      (!mine_.other_partition_specs.empty() || !mine_.partition_spec.has_value() ||
       latest_.current_partition_spec() != *mine_.partition_spec)) {
    return Conflict(fmt::format("partition spec: changed by this transaction and by commit {}",
                                partitioned->value));
  }
  if (mine_.sort_order.has_value() && latest_.sort_order != base_.sort_order &&
      latest_.sort_order != *mine_.sort_order) {
    return Conflict(fmt::format(
        "sort order: changed by this transaction and by commit {}",
        Culprit([](const ChangeSet& change) { return change.sort_order.has_value(); })));
  }
  const auto changes_layout = [](const ChangeSet& change) {
    return ChangesPartitioning(change) || change.sort_order.has_value();
  };
  if (mine_.schema != nullptr) {
    const auto commit = FindCommit(changes_layout);
    const auto reason = WhyExpressionsMayBreak(*base_.schema, *mine_.schema);
    if (!commit.has_value() || !reason.has_value()) return {};
    return Conflict(
        fmt::format("schema: {} by this transaction, but commit {} changed how the "
                    "table is partitioned or sorted",
                    *reason, commit->value));
  }
  if (!changes_layout(mine_) || base_.schema == latest_.schema) return {};
  const auto reason = WhyExpressionsMayBreak(*base_.schema, *latest_.schema);
  if (!reason.has_value()) return {};
  return Conflict(fmt::format(
      "schema: {} by commit {}, but this transaction changed how the table "
      "is partitioned or sorted",
      *reason, Culprit([](const ChangeSet& change) { return change.schema != nullptr; })));
}

std::optional<std::string> PropertyOf(const Snapshot& snapshot, const std::string& key) {
  const auto found = snapshot.properties.find(key);
  if (found == snapshot.properties.end()) return std::nullopt;
  return found->second;
}

Result<void> ConflictCheck::CheckProperties() const {
  for (const auto& [key, value] : mine_.properties) {
    const auto now = PropertyOf(latest_, key);
    if (now == value || now == PropertyOf(base_, key)) continue;
    return Conflict(
        fmt::format("property '{}': this transaction {}, but commit {} {}", key,
                    value.has_value() ? fmt::format("set it to '{}'", *value) : "removed it",
                    Culprit([&, &key = key](const ChangeSet& change) {
                      return change.properties.contains(key);
                    }),
                    now.has_value() ? fmt::format("set it to '{}'", *now) : "removed it"));
  }
  return {};
}

// Moves what `mine` adds behind what is there now. Nothing conflicts any more.
class Move {
 public:
  Move(const Snapshot& base, const ChangeSet& mine, const Snapshot& latest)
      : base_(base),
        latest_(latest),
        fragment_shift_(latest.next_fragment_id.value - base.next_fragment_id.value),
        row_id_shift_(latest.next_row_id.value - base.next_row_id.value),
        position_shift_(latest.inline_rows.next_position - base.inline_rows.next_position),
        change_(mine) {}

  ChangeSet Run() {
    MoveFragments();
    CombineStatistics();
    MoveInlineFloor();
    MoveInlineRows();
    CarrySchemas();
    return std::move(change_);
  }

 private:
  RowId Moved(RowId id) const {
    return id < base_.next_row_id ? id : RowId(id.value + row_id_shift_);
  }

  void MoveFragments();
  void CombineStatistics();
  void MoveInlineFloor();
  void MoveInlineRows();
  void CarrySchemas();

  const Snapshot& base_;
  const Snapshot& latest_;
  const uint64_t fragment_shift_;
  const uint64_t row_id_shift_;
  const uint64_t position_shift_;
  ChangeSet change_;
};

void Move::MoveFragments() {
  if (fragment_shift_ == 0 && row_id_shift_ == 0) return;
  for (FragmentPointer& fragment : change_.added_fragments) {
    auto moved = std::make_shared<Fragment>(*fragment);
    moved->id = FragmentId(moved->id.value + fragment_shift_);
    moved->first_row_id = Moved(moved->first_row_id);
    fragment = std::move(moved);
  }
}

// A column that `mine` lists keeps its bounds; each is exact only if both changes left it so.
// Columns that it does not list keep what `latest` says, in Apply.
void Move::CombineStatistics() {
  for (auto& [id, changed] : change_.new_statistics) {
    const FragmentPointer now = latest_.fragments.Find(id);
    if (now == nullptr) continue;
    for (ColumnStatistics& column : changed) {
      const auto theirs =
          std::ranges::find(now->statistics, column.field, &ColumnStatistics::field);
      if (theirs == now->statistics.end()) continue;
      column.lower_is_exact &= theirs->lower_is_exact;
      column.upper_is_exact &= theirs->upper_is_exact;
    }
  }
}

// One floor cannot drop the transaction's own rows and keep what others inlined below them: those
// of its rows that it flushed are deleted instead.
void Move::MoveInlineFloor() {
  if (!change_.inline_floor.has_value()) return;
  const uint64_t own_begin = base_.inline_rows.next_position;
  if (*change_.inline_floor > own_begin && position_shift_ > 0) {
    const uint64_t own_floor = *change_.inline_floor;
    std::erase_if(change_.added_inline, [&](const InlineBatchPointer& batch) {
      return batch->first_position + batch->row_count <= own_floor;
    });
    const DeletionVector flushed = Difference(PositionsBelow(own_floor), PositionsBelow(own_begin));
    change_.deleted_inline -= flushed;
    if (!change_.added_inline.empty() && change_.added_inline[0]->first_position < own_floor) {
      change_.deleted_inline.AddRange(change_.added_inline[0]->first_position, own_floor);
    }
    change_.inline_floor = own_begin;
  }
  if (*change_.inline_floor <= latest_.inline_rows.floor) change_.inline_floor = std::nullopt;
}

void Move::MoveInlineRows() {
  if (position_shift_ == 0 && row_id_shift_ == 0) return;
  for (InlineBatchPointer& batch : change_.added_inline) {
    auto moved = std::make_shared<InlineBatch>(*batch);
    moved->first_position += position_shift_;
    moved->first_row_id = Moved(moved->first_row_id);
    for (std::optional<RowId>& id : moved->row_ids) {
      if (id.has_value()) id = Moved(*id);
    }
    batch = std::move(moved);
  }
  std::vector<uint64_t> positions;
  change_.deleted_inline.ForEach([&](uint64_t position) {
    const bool is_own = position >= base_.inline_rows.next_position;
    positions.push_back(is_own ? position + position_shift_ : position);
    return true;
  });
  change_.deleted_inline = DeletionVector();
  change_.deleted_inline.AddMany(positions);
}

// Added rows keep the schema they were written under, which the table may have let go since.
void Move::CarrySchemas() {
  std::map<SchemaId, std::shared_ptr<const Schema>> carried;
  for (const auto& schema : change_.other_schemas) carried.emplace(schema->id, schema);
  const auto carry = [&](SchemaId id) {
    const auto known = base_.schemas.find(id);
    if (known != base_.schemas.end() && !latest_.schemas.contains(id)) carried.insert(*known);
  };
  for (const FragmentPointer& fragment : change_.added_fragments) carry(fragment->schema);
  for (const InlineBatchPointer& batch : change_.added_inline) carry(batch->schema);
  change_.other_schemas.clear();
  for (const auto& [id, schema] : carried) change_.other_schemas.push_back(schema);
}

// Over commits none of which moved rows that `mine` changes.
Result<ChangeSet> RebaseOverChanges(const Snapshot& base, ChangeSet mine, const Commits& theirs,
                                    const Snapshot& latest, const RowIdReader& read) {
  if (mine.moves_rows) {
    ICEFALL_ASSIGN_OR_RETURN(mine, DropLostRows(base, std::move(mine), latest, read));
  } else {
    ICEFALL_RETURN_IF_ERROR(ConflictCheck(base, mine, theirs, latest, read).Run());
  }
  return Move(base, mine, latest).Run();
}

Result<SnapshotPointer> Step(const Snapshot& state, Sequence sequence, const ChangeSet& change) {
  CommitInfo info;
  info.sequence = sequence;
  info.database_sequence = state.database_sequence;
  ICEFALL_ASSIGN_OR_RETURN(Snapshot next, Apply(state, change, info));
  return std::make_shared<const Snapshot>(std::move(next));
}

}  // namespace

Result<ChangeSet> Rebase(const Snapshot& base, const ChangeSet& mine, const Commits& theirs,
                         const Snapshot& latest, const RowIdReader& read) {
  if (theirs.empty() && latest.sequence == base.sequence) return mine;
  const auto moves = [](const auto& commit) { return commit.second->moves_rows; };
  // Of two moves of a row the first one counts, as with any other change of it.
  if (mine.moves_rows || std::ranges::none_of(theirs, moves)) {
    return RebaseOverChanges(base, mine, theirs, latest, read);
  }
  // Commit by commit, because a move says nothing but what it did to the state right before it.
  const auto lend = [](const Snapshot& s) { return SnapshotPointer(SnapshotPointer(), &s); };
  SnapshotPointer mine_base = lend(base), state = lend(base);
  ChangeSet current = mine;
  Commits changes;
  for (size_t i = 0; i < theirs.size(); ++i) {
    const auto& [sequence, change] = theirs[i];
    SnapshotPointer next = lend(latest);
    if (i + 1 < theirs.size()) {
      ICEFALL_ASSIGN_OR_RETURN(next, Step(*state, sequence, *change));
    }
    if (!change->moves_rows) changes.emplace_back(sequence, change);
    const bool is_end = i + 1 == theirs.size();
    if (!changes.empty() && (change->moves_rows || is_end)) {
      const Snapshot& reached = change->moves_rows ? *state : *next;
      ICEFALL_ASSIGN_OR_RETURN(
          current, RebaseOverChanges(*mine_base, std::move(current), changes, reached, read));
      changes.clear();
    }
    if (change->moves_rows) {
      ICEFALL_ASSIGN_OR_RETURN(current,
                               FollowMove(*state, std::move(current), *change, *next, read));
      current = Move(*state, current, *next).Run();
    }
    if (change->moves_rows) mine_base = next;
    state = next;
  }
  return current;
}

}  // namespace icefall
