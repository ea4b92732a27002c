#include "table/positions.h"

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Positions;
using sample::Rows;
using testing::ElementsAre;

TEST(Positions, IntersectAndSubtract) {
  EXPECT_THAT(Positions(Intersection(Rows({1, 2, 5}), Rows({2, 5, 9}))), ElementsAre(2, 5));
  EXPECT_THAT(Positions(Difference(Rows({1, 2, 5}), Rows({2, 5, 9}))), ElementsAre(1));
  EXPECT_TRUE(Intersection(Rows({1}), Rows({2})).empty());
  EXPECT_TRUE(Difference(Rows({1}), Rows({1, 2})).empty());
}

TEST(Positions, DescribeTheFirstFew) {
  EXPECT_EQ(DescribePositions(Rows({7})), "row 7");
  EXPECT_EQ(DescribePositions(Rows({9, 3})), "rows 3, 9");
  EXPECT_EQ(DescribePositions(Rows({1, 2, 3, 4, 5})), "rows 1, 2, 3, 4, 5");
  EXPECT_EQ(DescribePositions(Rows({1, 2, 3, 4, 5, 6, 99})), "rows 1, 2, 3, 4, 5 and 2 more");
}

}  // namespace
}  // namespace icefall
