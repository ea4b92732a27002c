#include "maintenance/compaction_plan.h"

#include <gtest/gtest.h>

#include "table/sample_table.h"

namespace icefall {
namespace {

constexpr uint64_t kTarget = 1000;

class CompactionPlanTest : public testing::Test {
 protected:
  void Add(uint64_t id, uint64_t size_bytes, std::vector<std::optional<std::string>> values = {},
           uint32_t spec = 0) {
    auto fragment = sample::DataFile(id, id * 100, 10);
    fragment->size_bytes = size_bytes;
    fragment->partition_values = std::move(values);
    fragment->partition_spec = PartitionSpecId(spec);
    table_.fragments.Put(fragment);
  }
  void Delete(uint64_t id, std::initializer_list<uint64_t> positions) {
    auto fragment = std::make_shared<Fragment>(*table_.fragments.Find(FragmentId(id)));
    fragment->deletes = std::make_shared<const DeletionVector>(sample::Rows(positions));
    table_.fragments.Put(fragment);
  }
  void PartitionBy(uint32_t spec) {
    PartitionSpec added;
    added.id = PartitionSpecId(spec);
    added.fields = {{FieldId(1), "identity", "id"}};
    table_.partition_specs.push_back(added);
    table_.partition_spec = added.id;
  }
  // Ids by group: "1 2|3+inline".
  std::string Planned(bool all = false) {
    const auto plan = PlanCompaction(table_, {.target_size_bytes = kTarget, .all = all});
    std::string text = plan.is_first_pass ? "first: " : "";
    for (const CompactionGroup& group : plan.groups) {
      if (&group != &plan.groups.front()) text += "|";
      std::vector<std::string> ids;
      for (const auto& fragment : group.fragments)
        ids.push_back(std::to_string(fragment->id.value));
      text += fmt::format("{}", fmt::join(ids, " "));
      if (group.inline_rows) text += "+inline";
      if (!group.partition.has_value()) text += "?";
    }
    return text;
  }
  void AddInlineRows() {
    table_.inline_rows.batches = {sample::Batch(0, 0, 4)};
    table_.inline_rows.next_position = 4;
  }

  Snapshot table_ = EmptySnapshot("uuid", sample::TwoColumns());
};

TEST_F(CompactionPlanTest, LeavesAGoodTableAlone) {
  EXPECT_EQ(Planned(), "");
  Add(1, 600);
  Add(2, 10);
  Add(3, 2000);
  EXPECT_EQ(Planned(), "");
}

TEST_F(CompactionPlanTest, MergesSmallFilesAndLeavesLargeOnes) {
  Add(1, 10);
  Add(2, 800);
  Add(3, 20);
  EXPECT_EQ(Planned(), "1 3");
}

TEST_F(CompactionPlanTest, RewritesFilesWithDeletedRowsWhateverTheirSize) {
  Add(1, 5000);
  Add(2, 800);
  Delete(1, {3});
  EXPECT_EQ(Planned(), "1");
}

TEST_F(CompactionPlanTest, FlushesInlineRowsTogetherWithOneSmallFile) {
  AddInlineRows();
  EXPECT_EQ(Planned(), "+inline");
  Add(1, 600);
  EXPECT_EQ(Planned(), "+inline");
  Add(2, 100);
  EXPECT_EQ(Planned(), "2+inline");
}

TEST_F(CompactionPlanTest, KeepsPartitionsApart) {
  PartitionBy(1);
  Add(1, 10, {"a"}, 1);
  Add(2, 10, {"b"}, 1);
  EXPECT_EQ(Planned(), "");
  Add(3, 10, {"a"}, 1);
  Add(4, 10, {std::nullopt}, 1);
  Add(5, 10, {std::nullopt}, 1);
  EXPECT_EQ(Planned(), "4 5|1 3");
  EXPECT_EQ(Planned(true), "4 5|1 3|2");
}

TEST_F(CompactionPlanTest, BringsRowsToTheirPartitionsFirst) {
  Add(1, 5000);
  PartitionBy(1);
  Add(2, 10, {"a"}, 1);
  AddInlineRows();
  EXPECT_EQ(Planned(), "first: 1+inline?");
}

TEST_F(CompactionPlanTest, JoinsWhatWasPartitionedOnce) {
  PartitionBy(1);
  Add(1, 5000, {"a"}, 1);
  Add(2, 5000, {"b"}, 1);
  table_.partition_spec = PartitionSpecId(0);
  Add(3, 10);
  EXPECT_EQ(Planned(), "1 2 3");
}

}  // namespace
}  // namespace icefall
