#include "table/change_set.h"

#include "table/sample_table.h"

namespace icefall {
namespace {

TEST(ChangeSet, IsEmptyUnlessItWouldChangeTheTable) {
  ChangeSet change;
  EXPECT_TRUE(change.empty());
  change.operation = "insert";
  change.summary["added_rows"] = "0";
  change.row_id_count = 5;
  change.reads_whole_table = true;
  change.last_field_id = FieldId(3);
  EXPECT_TRUE(change.empty());
}

TEST(ChangeSet, EveryKindOfChangeCounts) {
  std::vector<ChangeSet> changes(13);
  changes[0].added_fragments = {sample::DataFile(1, 0, 1)};
  changes[1].removed_fragments = {FragmentId(1)};
  changes[2].deleted_rows[FragmentId(1)] = sample::Rows({1});
  changes[3].new_statistics[FragmentId(1)] = {};
  changes[4].added_inline = {sample::Batch(0, 0, 1)};
  changes[5].deleted_inline = sample::Rows({1});
  changes[6].inline_floor = 0;
  changes[7].schema = std::make_shared<const Schema>();
  changes[8].other_schemas = {std::make_shared<const Schema>()};
  changes[9].partition_spec = PartitionSpec();
  changes[10].other_partition_specs = {PartitionSpec()};
  changes[11].sort_order = SortOrder();
  changes[12].properties["color"] = std::nullopt;
  for (size_t i = 0; i < changes.size(); ++i) EXPECT_FALSE(changes[i].empty()) << i;
}

}  // namespace
}  // namespace icefall
