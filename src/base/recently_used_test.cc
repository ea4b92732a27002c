#include "base/recently_used.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(RecentlyUsedTest, DropsWhatWasNotAskedForLongest) {
  RecentlyUsed<std::string, int> values;
  values.Put("a", 1, 1, 2);
  values.Put("b", 2, 1, 2);
  ASSERT_NE(values.Find("a"), nullptr);
  values.Put("c", 3, 1, 2);
  EXPECT_EQ(values.Find("b"), nullptr);
  EXPECT_EQ(*values.Find("a"), 1);
  EXPECT_EQ(*values.Find("c"), 3);
  EXPECT_EQ(values.size(), 2);
}

TEST(RecentlyUsedTest, DropsAsManyAsTheSizeWants) {
  RecentlyUsed<int, int> values;
  for (int key = 0; key < 5; ++key) values.Put(key, key, 10, 50);
  values.Put(5, 5, 35, 50);
  for (int key = 0; key < 4; ++key) EXPECT_FALSE(values.Contains(key)) << key;
  EXPECT_TRUE(values.Contains(4));
  EXPECT_EQ(values.size(), 45);
}

TEST(RecentlyUsedTest, KeepsNothingThatIsLargerThanAll) {
  RecentlyUsed<int, int> values;
  values.Put(1, 1, 10, 50);
  values.Put(2, 2, 51, 50);
  EXPECT_FALSE(values.Contains(1));
  EXPECT_FALSE(values.Contains(2));
  EXPECT_EQ(values.size(), 0);
}

TEST(RecentlyUsedTest, ReplacesAValueAndItsSize) {
  RecentlyUsed<int, std::shared_ptr<int>> values;
  const auto first = std::make_shared<int>(1);
  values.Put(7, first, 30, 50);
  values.Put(7, std::make_shared<int>(2), 20, 50);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(**values.Find(7), 2);
  EXPECT_EQ(values.size(), 20);
  values.Erase(7);
  values.Erase(7);
  EXPECT_EQ(values.Find(7), nullptr);
  EXPECT_EQ(values.size(), 0);
}

TEST(RecentlyUsedTest, ForgetsAllAtOnce) {
  RecentlyUsed<int, int> values;
  values.Put(1, 1, 10, 50);
  values.Put(2, 2, 10, 50);
  values.Clear();
  EXPECT_FALSE(values.Contains(1));
  EXPECT_EQ(values.size(), 0);
  values.Put(1, 3, 10, 50);
  EXPECT_EQ(*values.Find(1), 3);
}

}  // namespace
}  // namespace icefall
