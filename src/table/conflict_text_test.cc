#include "table/conflict_text.h"

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Batch;
using sample::DataFile;
using sample::Rows;

TEST(ConflictText, CountsIdsFromTheFragmentsFirst) {
  const auto fragment = DataFile(1, 100, 20);
  EXPECT_EQ(DescribeRows(*fragment, Rows({3}), nullptr), "row 3 (rowid 103)");
  EXPECT_EQ(DescribeRows(*fragment, Rows({3, 5, 6, 7, 8, 9}), nullptr),
            "rows 3, 5, 6, 7, 8 and 1 more (rowid 103, 105, 106, 107, 108, …)");
}

TEST(ConflictText, ReadsIdsThatTheFileStores) {
  auto fragment = DataFile(1, 100, 20);
  fragment->has_row_ids = true;
  const RowIdReader read = [](const Fragment&, const RowIdVisitor& visit) -> Result<void> {
    for (uint64_t i = 20; i-- > 0;) visit(i, RowId(500 - i));
    return {};
  };
  EXPECT_EQ(DescribeRows(*fragment, Rows({3, 5}), read), "rows 3, 5 (rowid 497, 495)");
  EXPECT_EQ(DescribeRows(*fragment, Rows({3, 5}), nullptr), "rows 3, 5");
  const RowIdReader fail = [](const Fragment&, const RowIdVisitor&) -> Result<void> {
    return Fail(ErrorCode::kUnavailable, "gone");
  };
  EXPECT_EQ(DescribeRows(*fragment, Rows({3, 5}), fail), "rows 3, 5");
}

TEST(ConflictText, KnowsIdsOfInlineRows) {
  InlineRows rows;
  auto moved = Batch(4, 30, 2);
  moved->row_ids = {RowId(9), std::nullopt};
  rows.batches.push_back(Batch(0, 20, 4));
  rows.batches.push_back(moved);
  EXPECT_EQ(DescribeInlineRows(rows, Rows({2, 4, 5})), "rows 2, 4, 5 (rowid 22, 9, 31)");
}

}  // namespace
}  // namespace icefall
