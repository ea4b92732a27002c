#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Batch;
using sample::Commit;
using sample::DataFile;
using sample::Positions;
using sample::Rows;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// Applies changes one after another, as a transaction does.
Snapshot Pending(Snapshot snapshot, const std::vector<ChangeSet>& changes) {
  for (const ChangeSet& change : changes) {
    auto next = Apply(snapshot, change, Commit(2));
    EXPECT_TRUE(next.has_value()) << next.error().message();
    if (next.has_value()) snapshot = *std::move(next);
  }
  return snapshot;
}

ChangeSet DeletesRows(uint64_t fragment, DeletionVector rows) {
  ChangeSet change;
  change.deleted_rows[FragmentId(fragment)] = std::move(rows);
  return change;
}

TEST(Diff, OfTheSameIsEmpty) {
  const Snapshot base = sample::Table();
  const ChangeSet change = Diff(base, base);
  EXPECT_TRUE(change.empty());
  EXPECT_EQ(change.row_id_count, 0u);
  EXPECT_EQ(change.operation, "");
  EXPECT_THAT(change.summary, IsEmpty());
}

TEST(Diff, JoinsDeletesOfABaseFragment) {
  const Snapshot base = Pending(sample::Table(), {DeletesRows(1, Rows({0}))});
  const Snapshot pending = Pending(base, {DeletesRows(1, Rows({5})), DeletesRows(1, Rows({2, 9}))});
  const ChangeSet change = Diff(base, pending);
  EXPECT_EQ(change.deleted_rows.size(), 1u);
  EXPECT_THAT(Positions(change.deleted_rows.at(FragmentId(1))), ElementsAre(2, 5, 9));
  EXPECT_THAT(change.new_statistics, IsEmpty());
  EXPECT_THAT(change.added_fragments, IsEmpty());
  EXPECT_THAT(change.removed_fragments, IsEmpty());
}

TEST(Diff, JoinsInlineBatchesThatFollowEachOther) {
  const Snapshot base = sample::Table();
  const uint64_t position = base.inline_rows.next_position, id = base.next_row_id.value;
  std::vector<ChangeSet> changes;
  for (uint64_t i = 0; i < 4; ++i) {
    ChangeSet insert;
    insert.added_inline = {Batch(position + i, id + i, 1)};
    insert.row_id_count = 1;
    changes.push_back(std::move(insert));
  }
  ChangeSet moved;  // has the id of an older row
  auto batch = Batch(position + 4, id + 4, 1);
  batch->row_ids = {RowId(0)};
  moved.added_inline = {batch};
  moved.row_id_count = 1;
  changes.push_back(std::move(moved));
  const Snapshot pending = Pending(base, changes);
  const ChangeSet change = Diff(base, pending);
  ASSERT_EQ(change.added_inline.size(), 2u);
  EXPECT_EQ(change.added_inline[0]->row_count, 4u);
  EXPECT_EQ(change.added_inline[0]->rows,
            fmt::format("[[{},null],[{},null],[{},null],[{},null]]", id, id + 1, id + 2, id + 3));
  const auto applied = Apply(base, change, Commit(2));
  ASSERT_TRUE(applied.has_value()) << applied.error().message();
  EXPECT_EQ(applied->inline_rows.live_count(), pending.inline_rows.live_count());
  EXPECT_EQ(applied->next_row_id, pending.next_row_id);
}

TEST(Diff, KeepsStatisticsOnlyWhereTheyChanged) {
  const Snapshot base = sample::Table();
  ChangeSet change = DeletesRows(1, Rows({5}));
  change.new_statistics[FragmentId(1)] = {};
  EXPECT_THAT(Diff(base, Pending(base, {change})).new_statistics,
              ElementsAre(Pair(FragmentId(1), IsEmpty())));

  ColumnStatistics column = base.fragments.Find(FragmentId(1))->statistics[0];
  column.lower_is_exact = false;
  change.new_statistics[FragmentId(1)] = {column};
  EXPECT_THAT(Diff(base, Pending(base, {change})).new_statistics,
              ElementsAre(Pair(FragmentId(1), ElementsAre(column))));

  // Both inexact is what Apply arrives at without an entry.
  column.upper_is_exact = false;
  change.new_statistics[FragmentId(1)] = {column};
  EXPECT_THAT(Diff(base, Pending(base, {change})).new_statistics, IsEmpty());
}

TEST(Diff, LeavesOutFragmentsThatCameAndWent) {
  const Snapshot base = sample::Table();
  ChangeSet add;
  add.added_fragments = {DataFile(3, 24, 5), DataFile(4, 29, 5)};
  add.row_id_count = 10;
  ChangeSet remove;
  remove.removed_fragments = {FragmentId(1), FragmentId(3)};
  const Snapshot pending = Pending(base, {add, DeletesRows(1, Rows({1})), remove});
  const ChangeSet change = Diff(base, pending);
  EXPECT_THAT(change.removed_fragments, ElementsAre(FragmentId(1)));
  EXPECT_THAT(change.deleted_rows, IsEmpty());
  ASSERT_EQ(change.added_fragments.size(), 1u);
  EXPECT_EQ(change.added_fragments[0]->id, FragmentId(4));
  EXPECT_EQ(change.row_id_count, 10u);
}

TEST(Diff, KeepsDeletesOfAddedFragmentsWithThem) {
  const Snapshot base = sample::Table();
  ChangeSet add;
  add.added_fragments = {DataFile(3, 24, 5)};
  add.row_id_count = 5;
  const ChangeSet change = Diff(base, Pending(base, {add, DeletesRows(3, Rows({1, 4}))}));
  EXPECT_THAT(change.deleted_rows, IsEmpty());
  ASSERT_EQ(change.added_fragments.size(), 1u);
  EXPECT_THAT(Positions(*change.added_fragments[0]->deletes), ElementsAre(1, 4));
}

TEST(Diff, JoinsInlineDeletesAndDropsBatchesThatAreAllDeleted) {
  const Snapshot base = sample::Table();
  ChangeSet add, again, remove;
  add.added_inline = {Batch(4, 24, 2)};
  add.row_id_count = 2;
  again.added_inline = {Batch(6, 26, 3)};
  again.row_id_count = 3;
  remove.deleted_inline = Rows({0, 4, 5, 7});
  const ChangeSet change = Diff(base, Pending(base, {add, again, remove}));
  ASSERT_EQ(change.added_inline.size(), 1u);
  EXPECT_EQ(change.added_inline[0]->first_position, 6u);
  EXPECT_THAT(Positions(change.deleted_inline), ElementsAre(0, 7));
  EXPECT_EQ(change.inline_floor, std::nullopt);
  EXPECT_EQ(change.row_id_count, 5u);
}

TEST(Diff, LeavesOutInlineRowsFlushedByTheSameTransaction) {
  const Snapshot base = sample::Table();
  ChangeSet add, flush;
  add.added_inline = {Batch(4, 24, 2)};
  add.row_id_count = 2;
  flush.inline_floor = 6;
  flush.added_fragments = {DataFile(3, 26, 6)};
  flush.row_id_count = 6;
  const ChangeSet change = Diff(base, Pending(base, {add, flush}));
  EXPECT_THAT(change.added_inline, IsEmpty());
  EXPECT_TRUE(change.deleted_inline.empty());
  EXPECT_EQ(change.inline_floor, 4u);
  EXPECT_EQ(change.added_fragments.size(), 1u);
}

TEST(Diff, KeepsTheLastSchemaAndThoseThatRowsNeed) {
  const Snapshot base = sample::Table();
  std::vector<ChangeSet> changes(4);
  auto schema = sample::NextSchema(base);
  schema->fields.push_back(sample::Column(3, "a", "DATE"));
  sample::SetSchema(changes[0], schema);
  changes[1].added_fragments = {DataFile(3, 24, 1, 2)};
  changes[1].row_id_count = 1;
  for (const int i : {2, 3}) {
    schema = std::make_shared<Schema>(*schema);
    schema->id = schema->id.Next();
    schema->fields.pop_back();
    schema->fields.push_back(sample::Column(i + 2, "b", "DATE"));
    sample::SetSchema(changes[static_cast<size_t>(i)], schema);
  }
  const ChangeSet change = Diff(base, Pending(base, changes));
  ASSERT_NE(change.schema, nullptr);
  EXPECT_EQ(*change.schema, *schema);
  EXPECT_EQ(change.schema->id, SchemaId(4));
  EXPECT_EQ(change.last_field_id, FieldId(5));
  ASSERT_EQ(change.other_schemas.size(), 1u);
  EXPECT_EQ(change.other_schemas[0]->id, SchemaId(2));
}

TEST(Diff, TakesTheSchemaOfACreatedTable) {
  const Snapshot initial = EmptySnapshot("uuid", sample::TwoColumns());
  const ChangeSet change = Diff(EmptySnapshot("uuid", Schema()), initial);
  EXPECT_EQ(change.schema, initial.schema);
  EXPECT_EQ(change.last_field_id, FieldId(2));
  EXPECT_EQ(Diff(Snapshot(), initial).schema, initial.schema);
}

TEST(Diff, TakesLayoutAndProperties) {
  const Snapshot base = sample::Table();
  std::vector<ChangeSet> changes(2);
  PartitionSpec spec;
  spec.id = PartitionSpecId(1);
  changes[0].partition_spec = spec;
  changes[0].properties = {{"color", std::nullopt}, {"a", "1"}, {"b", "2"}};
  spec.id = PartitionSpecId(2);
  changes[1].partition_spec = spec;
  changes[1].sort_order = SortOrder{{{"id", false, false}}};
  changes[1].properties = {{"a", std::nullopt}, {"b", "3"}};
  ChangeSet change = Diff(base, Pending(base, changes));
  EXPECT_EQ(change.partition_spec, spec);
  ASSERT_EQ(change.other_partition_specs.size(), 1u);
  EXPECT_EQ(change.other_partition_specs[0].id, PartitionSpecId(1));
  EXPECT_EQ(change.sort_order, changes[1].sort_order);
  EXPECT_THAT(change.properties, ElementsAre(Pair("b", "3"), Pair("color", std::nullopt)));

  // Back to where it was.
  changes.resize(3);
  changes[2].partition_spec = PartitionSpec();
  changes[2].sort_order = SortOrder();
  changes[2].properties = {{"color", "red"}, {"b", std::nullopt}};
  change = Diff(base, Pending(base, changes));
  EXPECT_EQ(change.partition_spec, std::nullopt);
  EXPECT_EQ(change.other_partition_specs.size(), 2u);
  EXPECT_EQ(change.sort_order, std::nullopt);
  EXPECT_THAT(change.properties, IsEmpty());
}

// A snapshot that was read again from disk has other objects that say the same.
TEST(Diff, ComparesContentsNotPointers) {
  const Snapshot base = sample::Table();
  Snapshot again = base;
  again.schema = std::make_shared<const Schema>(*base.schema);
  again.fragments.Put(std::make_shared<const Fragment>(*base.fragments.Find(FragmentId(1))));
  EXPECT_TRUE(Diff(base, again).empty());
}

}  // namespace
}  // namespace icefall
