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
using testing::IsEmpty;

// `mine` against commits 2, 3, … that others made to the sample table.
class RebaseTest : public testing::Test {
 protected:
  Result<ChangeSet> Rebased() {
    latest_ = base_;
    std::vector<std::pair<Sequence, const ChangeSet*>> commits;
    for (const ChangeSet& change : theirs_) {
      const uint64_t sequence = 2 + commits.size();
      auto next = Apply(latest_, change, Commit(sequence));
      EXPECT_TRUE(next.has_value()) << next.error().message();
      if (next.has_value()) latest_ = *std::move(next);
      commits.emplace_back(Sequence(sequence), &change);
    }
    return Rebase(base_, mine_, commits, latest_);
  }

  ChangeSet& NextCommit() { return theirs_.emplace_back(); }

  Snapshot base_ = sample::Table();
  ChangeSet mine_;
  std::vector<ChangeSet> theirs_;
  Snapshot latest_;
};

TEST_F(RebaseTest, OntoTheBaseItselfChangesNothing) {
  mine_.operation = "merge";
  mine_.summary["added_rows"] = "2";
  mine_.added_fragments = {DataFile(3, 24, 2)};
  mine_.reads_whole_table = true;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value());
  EXPECT_EQ(rebased->operation, "merge");
  EXPECT_EQ(rebased->summary, mine_.summary);
  EXPECT_EQ(rebased->added_fragments, mine_.added_fragments);
}

TEST_F(RebaseTest, MovesAddedFragmentsAndRowIds) {
  NextCommit().added_fragments = {DataFile(3, 24, 5), DataFile(4, 29, 5)};
  theirs_[0].row_id_count = 10;
  auto stored = DataFile(4, 24, 2);
  stored->has_row_ids = true;
  auto moved_whole = DataFile(5, 0, 10);
  moved_whole->deletes = std::make_shared<const DeletionVector>(Rows({3}));
  mine_.added_fragments = {DataFile(3, 26, 4), stored, moved_whole};
  mine_.removed_fragments = {FragmentId(1)};
  mine_.row_id_count = 6;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  ASSERT_EQ(rebased->added_fragments.size(), 3u);
  EXPECT_EQ(rebased->added_fragments[0]->id, FragmentId(5));
  EXPECT_EQ(rebased->added_fragments[0]->first_row_id, RowId(36));
  EXPECT_EQ(rebased->added_fragments[1]->id, FragmentId(6));
  EXPECT_EQ(rebased->added_fragments[1]->first_row_id, RowId(34));
  EXPECT_EQ(rebased->added_fragments[2]->id, FragmentId(7));
  EXPECT_EQ(rebased->added_fragments[2]->first_row_id, RowId(0));
  EXPECT_THAT(Positions(*rebased->added_fragments[2]->deletes), ElementsAre(3));
  EXPECT_THAT(rebased->removed_fragments, ElementsAre(FragmentId(1)));
  EXPECT_EQ(rebased->row_id_count, 6u);
  EXPECT_EQ(mine_.added_fragments[0]->id, FragmentId(3));
}

TEST_F(RebaseTest, MovesInlineRows) {
  NextCommit().added_inline = {Batch(4, 24, 3)};
  theirs_[0].row_id_count = 3;
  auto batch = Batch(4, 24, 3);
  batch->row_ids = {RowId(5), std::nullopt, RowId(26)};
  mine_.added_inline = {batch};
  mine_.deleted_inline = Rows({2, 4, 6});
  mine_.row_id_count = 3;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  ASSERT_EQ(rebased->added_inline.size(), 1u);
  EXPECT_EQ(rebased->added_inline[0]->first_position, 7u);
  EXPECT_EQ(rebased->added_inline[0]->first_row_id, RowId(27));
  EXPECT_THAT(rebased->added_inline[0]->row_ids, ElementsAre(RowId(5), std::nullopt, RowId(29)));
  EXPECT_THAT(Positions(rebased->deleted_inline), ElementsAre(2, 7, 9));
  EXPECT_TRUE(Apply(latest_, *rebased, Commit(3)).has_value());
}

// Row ids used up without inline rows still move the ids of inline rows.
TEST_F(RebaseTest, MovesInlineRowIdsBehindAppendedFiles) {
  NextCommit().added_fragments = {DataFile(3, 24, 5)};
  theirs_[0].row_id_count = 5;
  mine_.added_inline = {Batch(4, 24, 1)};
  mine_.row_id_count = 1;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value());
  EXPECT_EQ(rebased->added_inline[0]->first_position, 4u);
  EXPECT_EQ(rebased->added_inline[0]->first_row_id, RowId(29));
}

TEST_F(RebaseTest, TruncateLetsLaterAppendsLive) {
  mine_.removed_fragments = {FragmentId(1), FragmentId(2)};
  mine_.inline_floor = 4;
  NextCommit().added_inline = {Batch(4, 24, 2)};
  theirs_[0].added_fragments = {DataFile(3, 26, 1)};
  theirs_[0].row_id_count = 3;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  const auto after = Apply(latest_, *rebased, Commit(3));
  ASSERT_TRUE(after.has_value()) << after.error().message();
  EXPECT_THAT(sample::LiveRows(*after),
              ElementsAre("[[24,null]]@0", "[[24,null]]@1", "data/3.parquet@0"));
}

// A floor above the base's rows covers rows of the transaction's own, never those of others.
TEST_F(RebaseTest, OwnFlushedRowsDoNotTakeOthersAlong) {
  NextCommit().added_inline = {Batch(4, 100, 2)};
  theirs_[0].added_inline[0] = [] {
    auto batch = Batch(4, 24, 2);
    batch->rows = "theirs";
    return batch;
  }();
  theirs_[0].row_id_count = 2;
  mine_.added_inline = {Batch(4, 24, 2), Batch(6, 26, 3)};
  mine_.deleted_inline = Rows({5, 8});
  mine_.inline_floor = 7;
  mine_.row_id_count = 5;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  EXPECT_EQ(rebased->inline_floor, 4u);
  ASSERT_EQ(rebased->added_inline.size(), 1u);
  EXPECT_THAT(Positions(rebased->deleted_inline), ElementsAre(8, 10));
  const auto after = Apply(latest_, *rebased, Commit(3));
  ASSERT_TRUE(after.has_value()) << after.error().message();
  std::set<std::string> rows = sample::LiveRows(base_);
  std::erase_if(rows, [](const std::string& row) { return row.starts_with("["); });
  rows.insert({"theirs@0", "theirs@1", "[[26,null]]@1"});
  EXPECT_EQ(sample::LiveRows(*after), rows);
}

// Two flushes of a table whose inline rows are all deleted move nothing twice.
TEST_F(RebaseTest, FloorsOverDeletedRowsDoNotConflict) {
  ChangeSet change;
  change.deleted_inline = Rows({0, 1, 2, 3});
  base_ = *Apply(base_, change, Commit(1));
  mine_.inline_floor = 3;
  NextCommit().inline_floor = 4;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  EXPECT_EQ(rebased->inline_floor, std::nullopt);
}

TEST_F(RebaseTest, NamesRowsDeletedTwice) {
  NextCommit().deleted_rows[FragmentId(2)] = Rows({1});
  NextCommit().deleted_rows[FragmentId(1)] = Rows({1, 2, 3, 4, 5, 6, 7});
  mine_.deleted_rows[FragmentId(1)] = Rows({0, 1, 2, 3, 4, 5, 6});
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "fragment data/1.parquet: rows 1, 2, 3, 4, 5 and 1 more (rowid "
                                   "1, 2, 3, 4, 5, …) deleted by this transaction and by "
                                   "commit 3"));
}

TEST_F(RebaseTest, NamesTheCommitThatRemovedAFragment) {
  NextCommit().properties["a"] = "b";
  NextCommit().deleted_rows[FragmentId(1)] = Rows({1});
  NextCommit().removed_fragments = {FragmentId(1)};
  mine_.deleted_rows[FragmentId(1)] = Rows({4});
  EXPECT_THAT(Rebased(),
              FailsWith(ErrorCode::kConflict,
                        "fragment data/1.parquet: row 4 (rowid 4) deleted by this transaction, "
                        "but commit 4 removed the fragment"));
  mine_ = ChangeSet();
  mine_.removed_fragments = {FragmentId(1)};
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "fragment data/1.parquet: removed by this transaction and by "
                                   "commit 4"));
}

TEST_F(RebaseTest, NamesRowsDeletedFromARemovedFragment) {
  NextCommit().deleted_rows[FragmentId(1)] = Rows({1, 2});
  mine_.removed_fragments = {FragmentId(1)};
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "fragment data/1.parquet: removed by this transaction, but "
                                   "commit 2 deleted rows 1, 2 (rowid 1, 2) from it"));
}

TEST_F(RebaseTest, NamesInlineRows) {
  NextCommit().deleted_inline = Rows({1, 3});
  mine_.deleted_inline = Rows({0, 1});
  EXPECT_THAT(Rebased(),
              FailsWith(ErrorCode::kConflict,
                        "inline row 1 (rowid 21): deleted or flushed by this transaction "
                        "and by commit 2"));
  theirs_.clear();
  NextCommit().added_inline = {Batch(4, 24, 1)};
  theirs_[0].row_id_count = 1;
  NextCommit().inline_floor = 3;
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "inline rows 0, 1 (rowid 20, 21): deleted or flushed by this "
                                   "transaction and by commit 3"));
}

TEST_F(RebaseTest, NamesWhatBothDidToTheSchema) {
  auto mine = sample::NextSchema(base_);
  mine->fields.push_back(sample::Column(3, "price", "DATE"));
  sample::SetSchema(mine_, mine);
  auto theirs = sample::NextSchema(base_);
  theirs->fields[1].name = "title";
  NextCommit();
  sample::SetSchema(NextCommit(), theirs);
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "schema: this transaction changed it (column 'price' added), "
                                   "and so did commit 3 (column 'name' renamed to 'title')"));
}

TEST_F(RebaseTest, NamesWhyAddedRowsDoNotFit) {
  auto schema = sample::NextSchema(base_);
  schema->fields.pop_back();
  sample::SetSchema(mine_, schema);
  NextCommit().added_inline = {Batch(4, 24, 1)};
  theirs_[0].row_id_count = 1;
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "schema: column 'name' was dropped by this transaction, but "
                                   "commit 2 added rows that do not fit that"));
  std::swap(mine_, theirs_[0]);
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "schema: column 'name' was dropped by commit 2, but this "
                                   "transaction added rows that do not fit that"));
}

// The commits after the one that made the rows misfit may have made it good again.
TEST_F(RebaseTest, JudgesAddedRowsByTheLatestSchema) {
  auto strict = sample::NextSchema(base_);
  strict->fields[1].required = true;
  sample::SetSchema(NextCommit(), strict);
  mine_.added_inline = {Batch(4, 24, 1)};
  mine_.row_id_count = 1;
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "schema: column 'name' became NOT NULL by commit 2, but this "
                                   "transaction added rows that do not fit that"));
  auto lax = sample::NextSchema(base_);
  lax->id = SchemaId(3);
  sample::SetSchema(NextCommit(), lax);
  EXPECT_TRUE(Rebased().has_value());
}

// The old schema has no rows left in the table, but the added ones were written under it.
TEST_F(RebaseTest, CarriesTheSchemaThatAddedRowsNeed) {
  auto schema = sample::NextSchema(base_);
  schema->fields.push_back(sample::Column(3, "new", "DATE"));
  sample::SetSchema(NextCommit(), schema);
  NextCommit().removed_fragments = {FragmentId(1), FragmentId(2)};
  theirs_[1].inline_floor = 4;
  mine_.added_fragments = {DataFile(3, 24, 1)};
  mine_.row_id_count = 1;
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  EXPECT_FALSE(latest_.schemas.contains(SchemaId(1)));
  ASSERT_EQ(rebased->other_schemas.size(), 1u);
  EXPECT_EQ(*rebased->other_schemas[0], sample::TwoColumns());
  const auto after = Apply(latest_, *rebased, Commit(4));
  ASSERT_TRUE(after.has_value()) << after.error().message();
  EXPECT_TRUE(after->schemas.contains(SchemaId(1)));
  EXPECT_EQ(after->schema->id, SchemaId(2));
}

TEST_F(RebaseTest, KeepsBoundsExactOnlyWhereBothDid) {
  const ColumnStatistics exact = base_.fragments.Find(FragmentId(1))->statistics[0];
  ColumnStatistics lower_only = exact, upper_only = exact, neither = exact;
  lower_only.upper_is_exact = upper_only.lower_is_exact = false;
  neither.lower_is_exact = neither.upper_is_exact = false;
  NextCommit().deleted_rows[FragmentId(1)] = Rows({9});
  theirs_[0].new_statistics[FragmentId(1)] = {lower_only};
  mine_.deleted_rows[FragmentId(1)] = Rows({0});
  mine_.new_statistics[FragmentId(1)] = {upper_only};
  auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value());
  EXPECT_THAT(rebased->new_statistics.at(FragmentId(1)), ElementsAre(neither));

  // Mine touched no bound: theirs stands.
  mine_.deleted_rows[FragmentId(1)] = Rows({4});
  mine_.new_statistics[FragmentId(1)] = {};
  rebased = Rebased();
  ASSERT_TRUE(rebased.has_value());
  EXPECT_THAT(rebased->new_statistics.at(FragmentId(1)), IsEmpty());
  const auto after = Apply(latest_, *rebased, Commit(3));
  ASSERT_TRUE(after.has_value());
  EXPECT_THAT(after->fragments.Find(FragmentId(1))->statistics, ElementsAre(lower_only));
}

TEST_F(RebaseTest, AllowsTheSameSettingTwice) {
  PartitionSpec spec;
  spec.id = PartitionSpecId(1);
  mine_.partition_spec = spec;
  mine_.sort_order = SortOrder{{{"id", false, false}}};
  mine_.properties = {{"color", "blue"}, {"gone", std::nullopt}};
  theirs_.push_back(mine_);
  const auto rebased = Rebased();
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  EXPECT_TRUE(Apply(latest_, *rebased, Commit(3)).has_value());
}

TEST_F(RebaseTest, NamesSettings) {
  NextCommit().properties["color"] = "blue";
  mine_.properties["color"] = "green";
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "property 'color': this transaction set it to 'green', but "
                                   "commit 2 set it to 'blue'"));
  mine_.properties["color"] = std::nullopt;
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "property 'color': this transaction removed it, but commit 2 "
                                   "set it to 'blue'"));
  std::swap(mine_, theirs_[0]);
  EXPECT_THAT(Rebased(), FailsWith(ErrorCode::kConflict,
                                   "property 'color': this transaction set it to 'blue', but "
                                   "commit 2 removed it"));
}

// A transaction that loses the race twice is rebased on what it was rebased to.
TEST_F(RebaseTest, CanBeRepeated) {
  NextCommit().added_inline = {Batch(4, 24, 2)};
  theirs_[0].row_id_count = 2;
  mine_.added_inline = {Batch(4, 24, 1)};
  mine_.added_fragments = {DataFile(3, 25, 1)};
  mine_.deleted_inline = Rows({0});
  mine_.row_id_count = 2;
  auto once = Rebased();
  ASSERT_TRUE(once.has_value());
  NextCommit().added_fragments = {DataFile(3, 26, 7)};
  theirs_[1].row_id_count = 7;
  const Snapshot second_base = latest_;
  const auto at_once = Rebased();
  ASSERT_TRUE(at_once.has_value());
  const auto twice = Rebase(second_base, *once, {{Sequence(3), &theirs_[1]}}, latest_);
  ASSERT_TRUE(twice.has_value());
  for (const ChangeSet* change : {&*at_once, &*twice}) {
    EXPECT_EQ(change->added_fragments[0]->id, FragmentId(4));
    EXPECT_EQ(change->added_fragments[0]->first_row_id, RowId(34));
    EXPECT_EQ(change->added_inline[0]->first_position, 6u);
    EXPECT_EQ(change->added_inline[0]->first_row_id, RowId(33));
    EXPECT_THAT(Positions(change->deleted_inline), ElementsAre(0));
  }
}

}  // namespace
}  // namespace icefall
