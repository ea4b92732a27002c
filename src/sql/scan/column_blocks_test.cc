#include "sql/scan/column_blocks.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

ColumnBlockKey Key(const std::string& path, uint64_t block = 0) {
  ColumnBlockKey key;
  key.path = path;
  key.block = block;
  return key;
}

ColumnBlockPointer OfSize(uint64_t size_bytes) {
  auto block = std::make_shared<ColumnBlock>();
  block->size_bytes = size_bytes;
  return block;
}

TEST(ColumnBlockCacheTest, KeepsWhatWasUsedLast) {
  ColumnBlockCache cache;
  const auto a = OfSize(40);
  const auto b = OfSize(40);
  const auto c = OfSize(40);
  cache.Put(Key("a"), a, 100);
  cache.Put(Key("b"), b, 100);
  EXPECT_EQ(cache.Find(Key("a")), a);
  cache.Put(Key("c"), c, 100);
  EXPECT_EQ(cache.Find(Key("b")), nullptr);
  EXPECT_EQ(cache.Find(Key("a")), a);
  EXPECT_EQ(cache.Find(Key("c")), c);
  EXPECT_EQ(cache.size_bytes(), 80U);
}

TEST(ColumnBlockCacheTest, KeepsNothingLargerThanTheBudget) {
  ColumnBlockCache cache;
  cache.Put(Key("a"), OfSize(40), 100);
  cache.Put(Key("b"), OfSize(101), 100);
  EXPECT_EQ(cache.Find(Key("b")), nullptr);
  EXPECT_NE(cache.Find(Key("a")), nullptr);
  EXPECT_EQ(cache.size_bytes(), 40U);
}

TEST(ColumnBlockCacheTest, FollowsABudgetThatShrinks) {
  ColumnBlockCache cache;
  for (uint64_t block = 0; block < 10; ++block) cache.Put(Key("a", block), OfSize(10), 100);
  EXPECT_EQ(cache.size_bytes(), 100U);
  cache.Put(Key("b"), OfSize(10), 30);
  EXPECT_EQ(cache.size_bytes(), 30U);
  EXPECT_EQ(cache.Find(Key("a", 7)), nullptr);
  EXPECT_NE(cache.Find(Key("a", 8)), nullptr);
}

TEST(ColumnBlockCacheTest, TellsApartWhatValuesDependOn) {
  ColumnBlockCache cache;
  const auto schema = std::make_shared<const Schema>();
  auto key = Key("a");
  key.schema = schema;
  cache.Put(key, OfSize(1), 100);
  // A schema of a transaction that was rolled back may have the id of the next one.
  auto other = key;
  other.schema = std::make_shared<const Schema>();
  EXPECT_EQ(cache.Find(other), nullptr);
  other = key;
  other.column = 1;
  EXPECT_EQ(cache.Find(other), nullptr);
  other = key;
  other.added_at = Sequence(2);
  EXPECT_EQ(cache.Find(other), nullptr);
  EXPECT_NE(cache.Find(key), nullptr);
}

TEST(ColumnBlockCacheTest, OneOfTwoThatDecodedTheSameIsKept) {
  ColumnBlockCache cache;
  const auto first = OfSize(10);
  cache.Put(Key("a"), first, 100);
  cache.Put(Key("a"), OfSize(10), 100);
  EXPECT_EQ(cache.Find(Key("a")), first);
  EXPECT_EQ(cache.size_bytes(), 10U);
}

}  // namespace
}  // namespace icefall
