#include "table/inline_rows.h"

#include "table/sample_table.h"

namespace icefall {
namespace {

TEST(InlineRows, CountsOnlyWhatIsAtOrAboveTheFloor) {
  InlineRows rows;
  EXPECT_EQ(rows.physical_count(), 0u);
  EXPECT_EQ(rows.live_count(), 0u);
  EXPECT_EQ(rows.size_bytes(), 0u);

  rows.batches = {sample::Batch(0, 0, 4), sample::Batch(10, 100, 5)};
  rows.next_position = 15;
  EXPECT_EQ(rows.physical_count(), 9u);
  rows.floor = 3;
  EXPECT_EQ(rows.physical_count(), 6u);
  rows.deletes = std::make_shared<const DeletionVector>(sample::Rows({3, 14}));
  EXPECT_EQ(rows.live_count(), 4u);
  EXPECT_EQ(rows.size_bytes(), std::string("[[0,null]][[100,null]]").size());
}

}  // namespace
}  // namespace icefall
