#include "store/local_list.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/local_store_fixture.h"

namespace icefall {
namespace {

using ::testing::IsEmpty;

using LocalListTest = LocalStoreTest;

// What a Put leaves behind that was stopped in the middle.
TEST_F(LocalListTest, LeftoversOfStoppedPutsAreInvisibleAndRemovable) {
  ASSERT_TRUE(Put("t/a", "whole").has_value());
  WriteFile(root_ + "/t/.tmp-0190b8a3-0000-7000-8000-000000000001", "torn");
  WriteFile(root_ + "/.tmp-0190b8a3-0000-7000-8000-000000000002", "");
  WriteFile(root_ + "/t/.hidden", "not ours");
  EXPECT_EQ(store_->List({})->size(), 1u);
  EXPECT_EQ(*store_->RemoveAbandoned(0), 0u) << "all are younger";
  EXPECT_EQ(*store_->RemoveAbandoned(INT64_MAX), 2u);
  EXPECT_EQ(*store_->RemoveAbandoned(INT64_MAX), 0u);
  EXPECT_EQ(ReadFile(root_ + "/t/.hidden"), "not ours");
  EXPECT_EQ(*store_->ReadToEnd("t/a", 0), "whole");
}

TEST_F(LocalListTest, ForeignFilesWithUnusableNamesAreNotListed) {
  WriteFile(root_ + "/.git/config", "x");
  WriteFile(root_ + "/t/.part.crc", "x");
  EXPECT_THAT(*store_->List({}), IsEmpty());
}

}  // namespace
}  // namespace icefall
