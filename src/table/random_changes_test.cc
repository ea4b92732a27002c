// Random transactions: what Diff makes of them, and what becomes of them when they race.
#include <random>

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Commit;

// A transaction of random changes, each made against what the ones before left.
class RandomTransaction {
 public:
  // `name` starts the names of all that it adds.
  RandomTransaction(uint64_t seed, std::string name, Snapshot base, uint64_t sequence)
      : random_(seed), name_(std::move(name)), base_(std::move(base)), sequence_(sequence) {
    pending_ = base_;
  }

  void ChangeRows(int count) {
    for (int i = 0; i < count; ++i) {
      ChangeSet change;
      switch (Below(8)) {
        case 0:
          AddFragments(change);
          break;
        case 1:
        case 2:
          DeleteRows(change);
          break;
        case 3:
          RemoveFragment(change);
          break;
        case 4:
          AddInlineRows(change);
          break;
        case 5:
          DeleteInlineRows(change);
          break;
        case 6:
          UpdateRows(change);
          break;
        default:
          if (Below(4) == 0) Flush(change);
      }
      Make(change);
    }
  }

  void ChangeAnything(int count) {
    for (int i = 0; i < count; ++i) {
      ChangeRows(2);
      ChangeSet change;
      switch (Below(6)) {
        case 0:
          ChangeSchema(change);
          break;
        case 1:
          change.sort_order = SortOrder{{{"id", Below(2) == 0, Below(2) == 0}}};
          break;
        case 2:
          ChangePartitionSpec(change);
          break;
        default:
          change.properties[fmt::format("key{}", Below(4))] =
              Below(3) == 0 ? std::nullopt : std::optional(std::to_string(Below(3)));
      }
      Make(change);
    }
  }

  const Snapshot& base() const { return base_; }
  const Snapshot& pending() const { return pending_; }
  ChangeSet Change() const { return Diff(base_, pending_); }

 private:
  uint64_t Below(uint64_t end) { return random_() % end; }

  void Make(const ChangeSet& change) {
    auto next = Apply(pending_, change, Commit(sequence_));
    ASSERT_TRUE(next.has_value()) << next.error().message();
    pending_ = *std::move(next);
  }

  std::shared_ptr<Fragment> NewFragment(ChangeSet& change, uint64_t row_count) {
    const uint64_t id = pending_.next_fragment_id.value + change.added_fragments.size() * 2;
    auto fragment = sample::DataFile(id, pending_.next_row_id.value + change.row_id_count,
                                     row_count, pending_.schema->id.value);
    fragment->path = fmt::format("{}{}.parquet", name_, ++names_);
    fragment->partition_spec = pending_.partition_spec;
    change.row_id_count += row_count + Below(2);
    return fragment;
  }

  void AddFragments(ChangeSet& change) {
    for (uint64_t i = 1 + Below(2); i > 0; --i) {
      change.added_fragments.push_back(NewFragment(change, 1 + Below(8)));
    }
  }

  FragmentPointer AnyFragment() {
    std::vector<FragmentPointer> fragments;
    pending_.fragments.ForEach([&](const FragmentPointer& f) { fragments.push_back(f); });
    return fragments.empty() ? nullptr : fragments[Below(fragments.size())];
  }

  DeletionVector AnyLiveRows(const Fragment& fragment) {
    DeletionVector rows;
    for (uint64_t i = 0; i < fragment.row_count; ++i) {
      const bool is_dead = fragment.deletes != nullptr && fragment.deletes->Contains(i);
      if (!is_dead && Below(4) == 0) rows.Add(i);
    }
    return rows;
  }

  void DeleteRows(ChangeSet& change) {
    const FragmentPointer fragment = AnyFragment();
    if (fragment == nullptr) return;
    DeletionVector rows = AnyLiveRows(*fragment);
    if (rows.empty()) return;
    change.deleted_rows.emplace(fragment->id, std::move(rows));
    if (Below(3) == 0) return;
    auto& statistics = change.new_statistics[fragment->id];
    if (Below(2) == 0) return;
    statistics = fragment->statistics;
    (Below(2) == 0 ? statistics[0].lower_is_exact : statistics[0].upper_is_exact) = false;
  }

  void RemoveFragment(ChangeSet& change) {
    if (const FragmentPointer fragment = AnyFragment()) {
      change.removed_fragments = {fragment->id};
    }
  }

  std::shared_ptr<InlineBatch> NewBatch(ChangeSet& change, uint64_t row_count) {
    auto batch = sample::Batch(pending_.inline_rows.next_position + Below(2),
                               pending_.next_row_id.value + change.row_id_count, row_count,
                               pending_.schema->id.value);
    batch->rows = fmt::format("{}{}", name_, ++names_);
    change.row_id_count += row_count + Below(2);
    return batch;
  }

  void AddInlineRows(ChangeSet& change) { change.added_inline = {NewBatch(change, 1 + Below(4))}; }

  void DeleteInlineRows(ChangeSet& change) {
    const InlineRows& rows = pending_.inline_rows;
    for (const InlineBatchPointer& batch : rows.batches) {
      const bool all = Below(4) == 0;
      for (uint64_t i = 0; i < batch->row_count; ++i) {
        const uint64_t position = batch->first_position + i;
        const bool is_dead = rows.deletes != nullptr && rows.deletes->Contains(position);
        if (position >= rows.floor && !is_dead && (all || Below(4) == 0)) {
          change.deleted_inline.Add(position);
        }
      }
    }
  }

  // The new version of each row travels inline, under the row's id.
  void UpdateRows(ChangeSet& change) {
    const FragmentPointer fragment = AnyFragment();
    if (fragment == nullptr || fragment->has_row_ids) return;
    DeletionVector rows = AnyLiveRows(*fragment);
    if (rows.empty()) return;
    auto batch = NewBatch(change, rows.cardinality());
    for (const uint64_t position : sample::Positions(rows)) {
      batch->row_ids.push_back(RowId(fragment->first_row_id.value + position));
    }
    change.added_inline = {batch};
    change.deleted_rows.emplace(fragment->id, std::move(rows));
  }

  void Flush(ChangeSet& change) {
    const InlineRows& rows = pending_.inline_rows;
    if (rows.live_count() == 0) return;
    auto fragment = NewFragment(change, rows.live_count());
    fragment->has_row_ids = true;
    change.added_fragments = {fragment};
    change.inline_floor = rows.next_position;
  }

  void ChangeSchema(ChangeSet& change) {
    auto schema = sample::NextSchema(pending_);
    const FieldId id = pending_.last_field_id.Next();
    if (Below(3) == 0 && schema->fields.size() > 2) {
      schema->fields.pop_back();
    } else {
      schema->fields.push_back(sample::Column(id.value, fmt::format("c{}", id.value), "DATE"));
    }
    change.last_field_id = id;
    change.schema = schema;
  }

  void ChangePartitionSpec(ChangeSet& change) {
    const auto& specs = pending_.partition_specs;
    change.partition_spec = specs[Below(specs.size())];
    if (Below(2) == 0) change.partition_spec->id = specs.back().id.Next();
  }

  std::mt19937_64 random_;
  std::string name_;
  Snapshot base_;
  Snapshot pending_;
  uint64_t sequence_;
  uint64_t names_ = 0;
};

std::string Describe(const Fragment& fragment) {
  std::string text =
      fmt::format("{} {} rows {} schema {} first row id {} added {} spec {} version {} deleted ",
                  fragment.id.value, fragment.path, fragment.row_count, fragment.schema.value,
                  fragment.first_row_id.value, fragment.added_at.value,
                  fragment.partition_spec.value, fragment.deletes_version.value);
  if (fragment.deletes != nullptr) {
    text += fmt::format("{}", fmt::join(sample::Positions(*fragment.deletes), ","));
  }
  for (const ColumnStatistics& column : fragment.statistics) {
    text +=
        fmt::format(" column {} {}{} {}{}", column.field.value, column.lower_bound.value_or(""),
                    column.lower_is_exact, column.upper_bound.value_or(""), column.upper_is_exact);
  }
  return text;
}

std::vector<std::string> Describe(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  snapshot.fragments.ForEach([&](const FragmentPointer& f) { lines.push_back(Describe(*f)); });
  const InlineRows& rows = snapshot.inline_rows;
  for (const InlineBatchPointer& batch : rows.batches) {
    for (uint64_t i = 0; i < batch->row_count; ++i) {
      const uint64_t position = batch->first_position + i;
      if (position < rows.floor) continue;
      if (rows.deletes != nullptr && rows.deletes->Contains(position)) continue;
      lines.push_back(fmt::format("inline {} {} of {} schema {} added {}", position, i, batch->rows,
                                  batch->schema.value, batch->added_at.value));
    }
  }
  lines.push_back(fmt::format("{} live, next row {}, fields to {}", snapshot.live_row_count,
                              snapshot.next_row_id.value, snapshot.last_field_id.value));
  for (const auto& [key, value] : snapshot.properties) lines.push_back(key + "=" + value);
  return lines;
}

void ExpectSchemasCoverTheRows(const Snapshot& snapshot) {
  std::set<SchemaId> used = {snapshot.schema->id};
  snapshot.fragments.ForEach([&](const FragmentPointer& f) { used.insert(f->schema); });
  for (const InlineBatchPointer& batch : snapshot.inline_rows.batches) used.insert(batch->schema);
  std::set<SchemaId> known;
  for (const auto& [id, schema] : snapshot.schemas) known.insert(id);
  EXPECT_EQ(known, used);
}

TEST(RandomChanges, DiffLeadsFromBaseToPending) {
  Snapshot table = sample::Table();
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    RandomTransaction transaction(seed, fmt::format("t{}_", seed), table, seed + 1);
    transaction.ChangeAnything(static_cast<int>(1 + seed % 6));
    const Snapshot& pending = transaction.pending();
    const ChangeSet change = transaction.Change();
    const auto applied = Apply(table, change, Commit(seed + 1));
    ASSERT_TRUE(applied.has_value()) << applied.error().message();
    ASSERT_EQ(Describe(*applied), Describe(pending));
    EXPECT_EQ(*applied->schema, *pending.schema);
    EXPECT_EQ(applied->partition_specs, pending.partition_specs);
    EXPECT_EQ(applied->partition_spec, pending.partition_spec);
    EXPECT_EQ(applied->sort_order, pending.sort_order);
    EXPECT_LE(applied->next_fragment_id, pending.next_fragment_id);
    EXPECT_LE(applied->inline_rows.next_position, pending.inline_rows.next_position);
    EXPECT_EQ(applied->live_row_count, sample::LiveRows(*applied).size());
    ExpectSchemasCoverTheRows(*applied);
    ASSERT_TRUE(Diff(*applied, *applied).empty());
    // From time to time an old table, with few rows but a history.
    table = *applied;
  }
}

// Row ids of the live rows, but of those whose ids are stored in a file.
std::vector<uint64_t> LiveRowIds(const Snapshot& snapshot) {
  std::vector<uint64_t> ids;
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    if (fragment->has_row_ids) return;
    for (uint64_t i = 0; i < fragment->row_count; ++i) {
      if (fragment->deletes != nullptr && fragment->deletes->Contains(i)) continue;
      ids.push_back(fragment->first_row_id.value + i);
    }
  });
  const InlineRows& rows = snapshot.inline_rows;
  for (const InlineBatchPointer& batch : rows.batches) {
    for (uint64_t i = 0; i < batch->row_count; ++i) {
      const uint64_t position = batch->first_position + i;
      if (position < rows.floor) continue;
      if (rows.deletes != nullptr && rows.deletes->Contains(position)) continue;
      const bool is_moved = !batch->row_ids.empty() && batch->row_ids[i].has_value();
      ids.push_back(is_moved ? batch->row_ids[i]->value : batch->first_row_id.value + i);
    }
  }
  return ids;
}

struct Rows {
  std::set<std::string> deleted;
  std::set<std::string> added;
};

Rows RowsChangedBy(const RandomTransaction& transaction) {
  const auto before = sample::LiveRows(transaction.base());
  const auto after = sample::LiveRows(transaction.pending());
  Rows rows;
  std::ranges::set_difference(before, after, std::inserter(rows.deleted, rows.deleted.end()));
  std::ranges::set_difference(after, before, std::inserter(rows.added, rows.added.end()));
  return rows;
}

template <typename Set>
bool Share(const Set& a, const Set& b) {
  return std::ranges::any_of(a, [&](const auto& x) { return std::ranges::binary_search(b, x); });
}

// Two transactions race: they conflict exactly if they deleted (or moved) the same row or removed
// the same fragment, and else both happen.
TEST(RandomChanges, RacesEndAsIfOneCameAfterTheOther) {
  int conflicts = 0, successes = 0;
  Snapshot table = sample::Table();
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE(seed);
    if (seed % 20 == 0) table = sample::Table();
    const uint64_t sequence = table.sequence.value + 1;
    RandomTransaction mine(seed * 2, fmt::format("m{}_", seed), table, sequence);
    RandomTransaction theirs(seed * 2 + 1, fmt::format("t{}_", seed), table, sequence);
    mine.ChangeRows(static_cast<int>(1 + seed % 5));
    theirs.ChangeRows(static_cast<int>(1 + seed % 4));
    const ChangeSet my_change = mine.Change(), their_change = theirs.Change();
    const auto latest = Apply(table, their_change, Commit(sequence));
    ASSERT_TRUE(latest.has_value());
    const auto rebased = Rebase(table, my_change, {{Sequence(sequence), &their_change}}, *latest);
    const Rows my_rows = RowsChangedBy(mine), their_rows = RowsChangedBy(theirs);
    const bool must_conflict = Share(my_rows.deleted, their_rows.deleted) ||
                               Share(my_change.removed_fragments, their_change.removed_fragments);
    ASSERT_EQ(rebased.has_value(), !must_conflict)
        << (rebased.has_value() ? "" : rebased.error().message());
    table = *latest;
    if (must_conflict) {
      ++conflicts;
      EXPECT_EQ(rebased.error().code(), ErrorCode::kConflict);
      continue;
    }
    ++successes;
    const auto merged = Apply(*latest, *rebased, Commit(sequence + 1));
    ASSERT_TRUE(merged.has_value()) << merged.error().message();
    std::set<std::string> expected = sample::LiveRows(*latest);
    for (const auto& row : my_rows.deleted) expected.erase(row);
    expected.insert(my_rows.added.begin(), my_rows.added.end());
    ASSERT_EQ(sample::LiveRows(*merged), expected);
    EXPECT_EQ(merged->live_row_count, expected.size());
    auto ids = LiveRowIds(*merged);
    std::ranges::sort(ids);
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
    EXPECT_TRUE(ids.empty() || ids.back() < merged->next_row_id.value);
    table = *merged;
  }
  // Neither outcome may be so rare that it goes untested.
  EXPECT_GT(conflicts, 50);
  EXPECT_GT(successes, 200);
}

}  // namespace
}  // namespace icefall
