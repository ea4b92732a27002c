#include "table/snapshot.h"

#include "table/sample_table.h"

namespace icefall {
namespace {

TEST(Snapshot, FindsTheCurrentPartitionSpecById) {
  Snapshot snapshot;
  EXPECT_TRUE(snapshot.current_partition_spec().fields.empty());
  PartitionSpec by_id;
  by_id.id = PartitionSpecId(4);
  by_id.fields = {{FieldId(1), "bucket[16]", "id_bucket"}};
  snapshot.partition_specs = {PartitionSpec(), by_id};
  EXPECT_EQ(snapshot.current_partition_spec(), PartitionSpec());
  snapshot.partition_spec = PartitionSpecId(4);
  EXPECT_EQ(snapshot.current_partition_spec(), by_id);
}

TEST(Snapshot, StartsEmpty) {
  const Snapshot empty = EmptySnapshot("uuid", sample::TwoColumns());
  EXPECT_EQ(empty.table_uuid, "uuid");
  EXPECT_EQ(empty.sequence, Sequence(0));
  EXPECT_EQ(*empty.schema, sample::TwoColumns());
  ASSERT_EQ(empty.schemas.size(), 1u);
  EXPECT_EQ(empty.schemas.at(SchemaId(1)), empty.schema);
  EXPECT_EQ(empty.last_field_id, FieldId(2));
  EXPECT_THAT(empty.partition_specs, testing::ElementsAre(PartitionSpec()));
  EXPECT_EQ(empty.next_fragment_id, FragmentId(1));
  EXPECT_EQ(empty.next_row_id, RowId(0));
  EXPECT_EQ(empty.live_row_count, 0u);
  EXPECT_TRUE(empty.fragments.empty());
  EXPECT_TRUE(empty.inline_rows.batches.empty());
}

}  // namespace
}  // namespace icefall
