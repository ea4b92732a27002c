#include "index/index_page.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(IndexPage, HoldsSortedKeysWithTheirNumbers) {
  IndexPageWriter writer;
  EXPECT_TRUE(writer.Add("apple", 5));
  EXPECT_TRUE(writer.Add("apply", 3));
  EXPECT_TRUE(writer.Add("apply", 4));
  EXPECT_EQ(writer.first_key(), "apple");
  EXPECT_EQ(writer.last_key(), "apply");
  std::string bytes;
  writer.Finish(bytes);
  ASSERT_EQ(bytes.size(), kIndexPageSize);
  ASSERT_TRUE(IndexPage::IsSound(bytes.data()));
  const IndexPage page(bytes.data());
  ASSERT_EQ(page.count(), 3U);
  EXPECT_EQ(page.number(0), 5U);
  EXPECT_EQ(page.number(2), 4U);
  std::string key;
  page.AppendKey(1, key);
  EXPECT_EQ(key, "apply");
  EXPECT_EQ(page.LowerBound("apple"), 0U);
  EXPECT_EQ(page.LowerBound("applf"), 1U);
  EXPECT_EQ(page.LowerBound("appl"), 0U);
  EXPECT_EQ(page.LowerBound("b"), 3U);
  EXPECT_EQ(page.LowerBound("a"), 0U);
  EXPECT_LT(page.Compare(0, "apply"), 0);
  EXPECT_EQ(page.Compare(1, "apply"), 0);
  EXPECT_GT(page.Compare(1, "app"), 0);
  EXPECT_TRUE(page.StartsWith(0, "ap"));
  EXPECT_TRUE(page.StartsWith(0, "apple"));
  EXPECT_FALSE(page.StartsWith(0, "apply"));
  EXPECT_FALSE(page.StartsWith(0, "apples"));
}

TEST(IndexPage, TakesEntriesUntilItIsFull) {
  IndexPageWriter writer;
  uint32_t count = 0;
  while (writer.Add(std::string(kIndexKeySizeMax, static_cast<char>('a' + count)), count)) ++count;
  EXPECT_EQ(count, 4U);
  std::string bytes;
  writer.Finish(bytes);
  EXPECT_TRUE(IndexPage::IsSound(bytes.data()));
  EXPECT_EQ(IndexPage(bytes.data()).count(), 4U);
  EXPECT_TRUE(writer.empty());
}

TEST(IndexPage, AChangedByteIsNotSound) {
  IndexPageWriter writer;
  writer.Add("key", 1);
  std::string bytes;
  writer.Finish(bytes);
  for (const size_t at : {0, 5, 12, 4095}) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] + 1);
    EXPECT_FALSE(IndexPage::IsSound(changed.data())) << at;
  }
}

TEST(StoredKey, ShortensOnlyLongKeys) {
  std::string scratch;
  const std::string longest(kIndexKeySizeMax, 'x');
  EXPECT_EQ(StoredKey(longest, scratch), longest);
  const auto stored = std::string(StoredKey(longest + "y", scratch));
  EXPECT_EQ(stored.size(), kIndexKeySizeMax);
  EXPECT_TRUE(stored.starts_with(longest.substr(0, kIndexKeyHeadSize)));
  EXPECT_NE(stored, StoredKey(longest + "z", scratch));
}

}  // namespace
}  // namespace icefall
