#include <functional>

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Batch;
using sample::Commit;
using sample::DataFile;
using sample::FailsWith;
using sample::Positions;
using sample::Rows;
using testing::ElementsAre;
using testing::Pair;

Snapshot Applied(const Snapshot& base, const ChangeSet& change, uint64_t sequence = 2) {
  auto result = Apply(base, change, Commit(sequence));
  EXPECT_TRUE(result.has_value()) << result.error().message();
  return result.has_value() ? *std::move(result) : base;
}

TEST(Apply, TakesOverWhatTheCommitSays) {
  const Snapshot base = sample::Table();
  ChangeSet change;
  change.operation = "alter";
  const Snapshot after = Applied(base, change);
  EXPECT_EQ(after.table_uuid, "table-uuid");
  EXPECT_EQ(after.sequence, Sequence(2));
  EXPECT_EQ(after.database_sequence, DatabaseSequence(102));
  EXPECT_EQ(after.committed_at, 2000);
  EXPECT_EQ(after.parent_hash, "hash1");
  EXPECT_EQ(after.hash, "hash2");
  EXPECT_EQ(after.operation, "alter");
  EXPECT_EQ(sample::LiveRows(after), sample::LiveRows(base));
}

TEST(Apply, AddsFragments) {
  const Snapshot base = sample::Table();
  ChangeSet change;
  auto with_deletes = DataFile(5, 27, 10);
  with_deletes->deletes = std::make_shared<const DeletionVector>(Rows({0, 9}));
  change.added_fragments = {DataFile(3, 24, 3), with_deletes};
  change.row_id_count = 20;
  const Snapshot after = Applied(base, change);
  EXPECT_EQ(after.fragments.size(), 4u);
  EXPECT_EQ(after.fragments.Find(FragmentId(3))->added_at, Sequence(2));
  EXPECT_EQ(after.fragments.Find(FragmentId(3))->deletes_version, Sequence(0));
  EXPECT_EQ(after.fragments.Find(FragmentId(5))->deletes_version, Sequence(2));
  EXPECT_EQ(after.fragments.Find(FragmentId(1)), base.fragments.Find(FragmentId(1)));
  EXPECT_EQ(after.next_fragment_id, FragmentId(6));
  EXPECT_EQ(after.next_row_id, RowId(44));
  EXPECT_EQ(after.live_row_count, base.live_row_count + 3 + 8);
  EXPECT_EQ(base.fragments.size(), 2u);
}

TEST(Apply, DeletesRowsAndMakesBoundsInexact) {
  const Snapshot base = sample::Table();
  ChangeSet change;
  change.deleted_rows[FragmentId(1)] = Rows({2, 3});
  Snapshot after = Applied(base, change);
  const FragmentPointer fragment = after.fragments.Find(FragmentId(1));
  EXPECT_THAT(Positions(*fragment->deletes), ElementsAre(2, 3));
  EXPECT_EQ(fragment->deletes_version, Sequence(2));
  EXPECT_EQ(fragment->added_at, Sequence(1));
  EXPECT_EQ(fragment->statistics[0].lower_bound, "0");
  EXPECT_FALSE(fragment->statistics[0].lower_is_exact);
  EXPECT_FALSE(fragment->statistics[0].upper_is_exact);
  EXPECT_EQ(after.live_row_count, base.live_row_count - 2);
  EXPECT_EQ(base.fragments.Find(FragmentId(1))->deletes, nullptr);

  change.deleted_rows[FragmentId(1)] = Rows({7});
  after = Applied(after, change, 3);
  EXPECT_THAT(Positions(*after.fragments.Find(FragmentId(1))->deletes), ElementsAre(2, 3, 7));
  EXPECT_EQ(after.fragments.Find(FragmentId(1))->deletes_version, Sequence(3));
}

TEST(Apply, ReplacesTheStatisticsOfTheColumnsGiven) {
  const Snapshot base = sample::Table();
  ChangeSet change;
  change.deleted_rows[FragmentId(1)] = Rows({2});
  change.new_statistics[FragmentId(1)] = {};
  EXPECT_EQ(Applied(base, change).fragments.Find(FragmentId(1))->statistics,
            base.fragments.Find(FragmentId(1))->statistics);

  ColumnStatistics first = base.fragments.Find(FragmentId(1))->statistics[0];
  first.lower_is_exact = false;
  ColumnStatistics second;
  second.field = FieldId(2);
  change.new_statistics[FragmentId(1)] = {second, first};
  EXPECT_THAT(Applied(base, change).fragments.Find(FragmentId(1))->statistics,
              ElementsAre(first, second));
}

TEST(Apply, RemovesFragments) {
  const Snapshot base = sample::Table();
  ChangeSet change;
  change.removed_fragments = {FragmentId(1)};
  change.deleted_rows[FragmentId(2)] = Rows({0});
  const Snapshot after = Applied(base, change);
  EXPECT_EQ(after.fragments.size(), 1u);
  EXPECT_EQ(after.live_row_count, 13u);
  EXPECT_EQ(after.next_fragment_id, FragmentId(3));
}

TEST(Apply, AddsAndDeletesInlineRows) {
  const Snapshot base = sample::Table();
  ChangeSet change;
  auto moved = Batch(6, 24, 3);
  moved->row_ids = {RowId(5), std::nullopt, RowId(30)};
  change.added_inline = {moved};
  change.deleted_inline = Rows({1, 7});
  change.row_id_count = 10;
  const Snapshot after = Applied(base, change);
  EXPECT_EQ(after.inline_rows.batches.size(), 2u);
  EXPECT_EQ(after.inline_rows.batches[0], base.inline_rows.batches[0]);
  EXPECT_EQ(after.inline_rows.batches[1]->added_at, Sequence(2));
  EXPECT_EQ(after.inline_rows.next_position, 9u);
  EXPECT_EQ(after.inline_rows.deletes_version, Sequence(2));
  EXPECT_THAT(Positions(*after.inline_rows.deletes), ElementsAre(1, 7));
  EXPECT_EQ(after.live_row_count, base.live_row_count + 3 - 2);
  EXPECT_EQ(after.next_row_id, RowId(34));
}

TEST(Apply, RaisesTheInlineFloor) {
  ChangeSet change;
  change.added_inline = {Batch(4, 24, 3)};
  change.deleted_inline = Rows({1, 4, 6});
  change.row_id_count = 3;
  const Snapshot base = Applied(sample::Table(), change);

  ChangeSet flush;
  flush.inline_floor = 5;
  Snapshot after = Applied(base, flush, 3);
  EXPECT_EQ(after.inline_rows.floor, 5u);
  EXPECT_THAT(after.inline_rows.batches, ElementsAre(base.inline_rows.batches[1]));
  EXPECT_THAT(Positions(*after.inline_rows.deletes), ElementsAre(6));
  EXPECT_EQ(after.inline_rows.deletes_version, Sequence(3));
  EXPECT_EQ(after.live_row_count, 21u);

  flush.inline_floor = 7;
  after = Applied(after, flush, 4);
  EXPECT_TRUE(after.inline_rows.batches.empty());
  EXPECT_EQ(after.inline_rows.deletes, nullptr);
  EXPECT_EQ(after.inline_rows.deletes_version, Sequence(0));
  EXPECT_EQ(after.inline_rows.next_position, 7u);
  EXPECT_EQ(after.live_row_count, 20u);
}

// A floor that removes no deleted row leaves the vector and its version as they were.
TEST(Apply, KeepsTheInlineVectorThatAFloorDoesNotTouch) {
  ChangeSet change;
  change.added_inline = {Batch(4, 24, 3)};
  change.deleted_inline = Rows({6});
  change.row_id_count = 3;
  const Snapshot base = Applied(sample::Table(), change);
  ChangeSet flush;
  flush.inline_floor = 4;
  const Snapshot after = Applied(base, flush, 3);
  EXPECT_EQ(after.inline_rows.deletes, base.inline_rows.deletes);
  EXPECT_EQ(after.inline_rows.deletes_version, Sequence(2));
}

TEST(Apply, SetsPropertiesAndLayout) {
  const Snapshot base = sample::Table();
  PartitionSpec older, newer;
  older.id = PartitionSpecId(1);
  newer.id = PartitionSpecId(2);
  newer.fields = {{FieldId(1), "identity", "id"}};
  ChangeSet change;
  change.properties = {{"color", std::nullopt}, {"size", "4"}};
  change.other_partition_specs = {newer};
  change.partition_spec = older;
  change.sort_order = SortOrder{{{"\"name\"", true, false}}};
  Snapshot after = Applied(base, change);
  EXPECT_THAT(after.properties, ElementsAre(Pair("size", "4")));
  EXPECT_THAT(after.partition_specs, ElementsAre(PartitionSpec(), older, newer));
  EXPECT_EQ(after.partition_spec, PartitionSpecId(1));
  EXPECT_EQ(after.sort_order, *change.sort_order);

  ChangeSet back;
  back.partition_spec = newer;
  after = Applied(after, back, 3);
  EXPECT_THAT(after.partition_specs, ElementsAre(PartitionSpec(), older, newer));
  EXPECT_EQ(after.partition_spec, PartitionSpecId(2));
  EXPECT_EQ(after.sort_order, *change.sort_order);
}

std::vector<uint32_t> SchemaIds(const Snapshot& snapshot) {
  std::vector<uint32_t> ids;
  for (const auto& [id, schema] : snapshot.schemas) {
    EXPECT_EQ(schema->id, id);
    ids.push_back(id.value);
  }
  return ids;
}

TEST(Apply, KeepsOnlySchemasThatRowsWereWrittenUnder) {
  Snapshot table = sample::Table();
  ChangeSet alter;
  sample::SetSchema(alter, sample::NextSchema(table));
  table = Applied(table, alter, 2);
  EXPECT_EQ(table.schema->id, SchemaId(2));
  EXPECT_THAT(SchemaIds(table), ElementsAre(1, 2));

  ChangeSet again;
  sample::SetSchema(again, sample::NextSchema(table));
  table = Applied(table, again, 3);
  EXPECT_THAT(SchemaIds(table), ElementsAre(1, 3));

  ChangeSet remove_all_but_inline;
  remove_all_but_inline.removed_fragments = {FragmentId(1), FragmentId(2)};
  table = Applied(table, remove_all_but_inline, 4);
  EXPECT_THAT(SchemaIds(table), ElementsAre(1, 3));

  ChangeSet flush;
  flush.inline_floor = 4;
  flush.added_fragments = {DataFile(3, 24, 4, 3)};
  flush.row_id_count = 4;
  table = Applied(table, flush, 5);
  EXPECT_THAT(SchemaIds(table), ElementsAre(3));
}

TEST(Apply, TakesSchemasOfRowsWrittenInBetween) {
  const Snapshot base = sample::Table();
  ChangeSet change;
  auto between = sample::NextSchema(base);
  auto unused = std::make_shared<Schema>(*between);
  unused->id = SchemaId(3);
  auto last = std::make_shared<Schema>(*between);
  last->id = SchemaId(4);
  sample::SetSchema(change, last);
  change.other_schemas = {between, unused};
  change.added_fragments = {DataFile(3, 24, 1, 2)};
  change.row_id_count = 1;
  EXPECT_THAT(SchemaIds(Applied(base, change)), ElementsAre(1, 2, 4));
}

TEST(Apply, StartsFromAnEmptySchemaOfAnyId) {
  ChangeSet change;
  auto schema = std::make_shared<Schema>(sample::TwoColumns());
  schema->id = SchemaId(0);
  sample::SetSchema(change, schema);
  const Snapshot table = Applied(EmptySnapshot("uuid", Schema()), change, 1);
  EXPECT_EQ(*table.schema, *schema);
  EXPECT_THAT(SchemaIds(table), ElementsAre(0));
  EXPECT_EQ(table.last_field_id, FieldId(2));
  EXPECT_EQ(*Applied(Snapshot(), change, 1).schema, *schema);
  EXPECT_THAT(Apply(Snapshot(), ChangeSet(), Commit(1)),
              FailsWith(ErrorCode::kCorruption, "expected a schema in a table's first change"));
}

}  // namespace
}  // namespace icefall
