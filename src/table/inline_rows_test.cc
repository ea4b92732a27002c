#include "table/inline_rows.h"

#include <algorithm>
#include <span>
#include <vector>

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

TEST(InlineBatches, FindAnswersTheBatchOfAPosition) {
  const InlineBatches batches{sample::Batch(0, 0, 4), sample::Batch(10, 100, 5)};
  EXPECT_EQ(batches.Find(0), batches[0]);
  EXPECT_EQ(batches.Find(3), batches[0]);
  EXPECT_EQ(batches.Find(4), nullptr);
  EXPECT_EQ(batches.Find(9), nullptr);
  EXPECT_EQ(batches.Find(14), batches[1]);
  EXPECT_EQ(batches.Find(15), nullptr);
  EXPECT_EQ(InlineBatches().Find(0), nullptr);
}

TEST(InlineBatches, CopiesShareNothingThatChanges) {
  const size_t count = 3 * InlineBatches::kBlockSize + 7;
  std::vector<InlineBatches> versions(1);
  std::vector<InlineBatchPointer> all;
  for (size_t i = 0; i < count; ++i) {
    all.push_back(sample::Batch(i * 2, i * 2, 2));
    versions.push_back(versions.back());
    versions.back().push_back(all.back());
  }
  for (size_t size = 0; size <= count; ++size) {
    ASSERT_EQ(versions[size].size(), size);
    EXPECT_EQ(versions[size].row_count(), size * 2);
    EXPECT_TRUE(std::ranges::equal(versions[size], std::span(all).first(size)));
  }
}

TEST(InlineBatches, DropsFromTheFront) {
  const size_t count = 2 * InlineBatches::kBlockSize + 5;
  std::vector<InlineBatchPointer> all;
  InlineBatches batches;
  for (size_t i = 0; i < count; ++i) {
    all.push_back(sample::Batch(i * 2, i * 2, 2));
    batches.push_back(all.back());
  }
  const auto whole = batches;
  size_t dropped = 0;
  for (const size_t step : {size_t{0}, size_t{3}, InlineBatches::kBlockSize, size_t{1}}) {
    batches.DropFront(step);
    dropped += step;
    ASSERT_TRUE(std::ranges::equal(batches, std::span(all).subspan(dropped)));
    EXPECT_EQ(batches.row_count(), 2 * (count - dropped));
    EXPECT_EQ(batches.Find(dropped * 2 - (dropped > 0 ? 1 : 0)),
              dropped > 0 ? nullptr : batches.front());
    EXPECT_EQ(batches.Find((count - 1) * 2), all.back());
  }
  batches.push_back(sample::Batch(count * 2, count * 2, 2));
  EXPECT_EQ(batches.size(), count - dropped + 1);
  batches.DropFront(batches.size());
  EXPECT_TRUE(batches.empty());
  EXPECT_EQ(batches.size_bytes(), 0U);
  EXPECT_TRUE(batches.schemas().empty());
  EXPECT_TRUE(std::ranges::equal(whole, all));
}

}  // namespace
}  // namespace icefall
