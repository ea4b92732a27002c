#include "table/plain_change.h"

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Batch;
using sample::Commit;
using sample::Positions;
using sample::Rows;

ChangeSet Updates(const Snapshot& base) {
  ChangeSet change;
  change.operation = "update";
  change.deleted_rows[FragmentId(1)] = Rows({2});
  change.added_inline.push_back(Batch(base.inline_rows.next_position, base.next_row_id.value, 1));
  change.row_id_count = 1;
  return change;
}

TEST(PlainChange, DeletesRowsAndAddsOneBatch) {
  const Snapshot base = sample::Table();
  ChangeSet change = Updates(base);
  EXPECT_TRUE(IsPlainRowChange(change));
  change.deleted_inline = Rows({base.inline_rows.next_position - 1});
  EXPECT_TRUE(IsPlainRowChange(change));
  // Diff leaves it out.
  change.deleted_inline = Rows({base.inline_rows.next_position});
  EXPECT_FALSE(IsPlainRowChange(change));
}

TEST(PlainChange, IsNothingElse) {
  const Snapshot base = sample::Table();
  EXPECT_FALSE(IsPlainRowChange(ChangeSet()));
  ChangeSet two = Updates(base);
  two.added_inline.push_back(two.added_inline.front());
  EXPECT_FALSE(IsPlainRowChange(two));
  ChangeSet removing = Updates(base);
  removing.removed_fragments.push_back(FragmentId(2));
  EXPECT_FALSE(IsPlainRowChange(removing));
  ChangeSet flushing = Updates(base);
  flushing.inline_floor = 1;
  EXPECT_FALSE(IsPlainRowChange(flushing));
  ChangeSet altering = Updates(base);
  altering.properties["a"] = "b";
  EXPECT_FALSE(IsPlainRowChange(altering));
}

TEST(PlainChange, IsWhatDiffSays) {
  const Snapshot base = sample::Table();
  const ChangeSet change = Updates(base);
  const Snapshot pending = *Apply(base, change, Commit(2));
  const ChangeSet diff = Diff(base, pending);
  EXPECT_EQ(diff.deleted_rows, change.deleted_rows);
  ASSERT_EQ(diff.added_inline.size(), 1u);
  EXPECT_EQ(diff.added_inline[0]->first_position, change.added_inline[0]->first_position);
  EXPECT_EQ(diff.added_inline[0]->rows, change.added_inline[0]->rows);
  EXPECT_EQ(diff.row_id_count, change.row_id_count);
}

TEST(PlainChange, GetsTheInfoOfItsCommit) {
  const Snapshot base = sample::Table();
  const ChangeSet change = Updates(base);
  CommitInfo provisional;
  provisional.sequence = Commit(2).sequence;
  const Snapshot applied = WithCommitInfo(*Apply(base, change, provisional), Commit(2));
  const Snapshot expected = *Apply(base, change, Commit(2));
  EXPECT_EQ(applied.sequence, expected.sequence);
  EXPECT_EQ(applied.database_sequence, expected.database_sequence);
  EXPECT_EQ(applied.committed_at, expected.committed_at);
  EXPECT_EQ(applied.parent_hash, expected.parent_hash);
  EXPECT_EQ(applied.hash, expected.hash);
  EXPECT_EQ(applied.operation, expected.operation);
  EXPECT_EQ(applied.live_row_count, expected.live_row_count);
  EXPECT_EQ(applied.next_row_id, expected.next_row_id);
  const auto before = expected.fragments.Find(FragmentId(1));
  const auto after = applied.fragments.Find(FragmentId(1));
  EXPECT_EQ(Positions(*after->deletes), Positions(*before->deletes));
  EXPECT_EQ(after->deletes_version, before->deletes_version);
}

}  // namespace
}  // namespace icefall
