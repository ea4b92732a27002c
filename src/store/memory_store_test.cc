#include "store/memory_store.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(MemoryStore, DatesObjectsByItsClock) {
  ManualClock clock(1000);
  MemoryStore store(clock);
  ASSERT_TRUE(store.Put("a", "1", PutCondition::Always()).has_value());
  clock.AdvanceMicros(5);
  ASSERT_TRUE(store.Put("b", "1", PutCondition::Always()).has_value());
  EXPECT_EQ(store.Stat("a")->modified_at, 1000);
  EXPECT_EQ(store.Stat("b")->modified_at, 1005);
}

// As an open file goes on existing without a name.
TEST(MemoryStore, AnAppenderWritesToTheObjectThatItOpened) {
  MemoryStore store;
  auto appender = *store.OpenAppender("a");
  ASSERT_TRUE(store.Put("a", "new", PutCondition::Always()).has_value());
  ASSERT_TRUE(appender->Append("old").has_value());
  EXPECT_EQ(*store.ReadToEnd("a", 0), "new");
  EXPECT_EQ(*appender->SizeBytes(), 3u);
}

}  // namespace
}  // namespace icefall
