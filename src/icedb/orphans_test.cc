#include "icedb/orphans.h"

#include <gtest/gtest.h>

#include "icedb/table_fixture.h"

namespace icefall::icedb {
namespace {

TEST(OrphansTest, OldFilesThatNoLogNamesGo) {
  SteppingClock clock;
  MemoryStore store(clock);
  Worker worker(store, clock, "a");
  ASSERT_TRUE(worker.Insert({{"u=a", {1}}}));
  ASSERT_TRUE(worker.Insert({{"u=a", {2}}}));
  ASSERT_TRUE(worker.Merge().value());
  const auto old = worker.Store("u=a", {3});
  const std::string foreign = DataFolder(kPrefix) + "u=a/_SUCCESS";
  ASSERT_TRUE(store.Put(foreign, "", PutCondition::IfAbsent()));
  clock.Advance(100'000);
  const auto young = worker.Store("u=a", {4});
  const auto orphans = FindOrphans(worker.table(), 50'000);
  ASSERT_TRUE(orphans);
  ASSERT_EQ(orphans->size(), 1);
  EXPECT_EQ((*orphans)[0].key, old->path);
  ASSERT_TRUE(DeleteOrphans(worker.table(), *orphans));
  EXPECT_FALSE(store.Stat(old->path));
  EXPECT_TRUE(store.Stat(young->path));
  EXPECT_EQ(worker.Read(), Rows({1, 2}));
  // Dead files that the log still names are not orphans.
  EXPECT_EQ(store.List({.prefix = DataFolder(kPrefix)})->size(), 5);
}

}  // namespace
}  // namespace icefall::icedb
