#include "store/local_put.h"

#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/local_store_fixture.h"

namespace icefall {
namespace {

using LocalPutTest = LocalStoreTest;

TEST_F(LocalPutTest, AWriteThatStopsHalfWayChangesNothing) {
  ASSERT_TRUE(Put("a", "old").has_value());
  {
    const FileSizeLimit limit(1000);
    EXPECT_EQ(Outcome(Put("a", std::string(5000, 'x'))), "resource_exhausted");
    EXPECT_EQ(Outcome(Put("b", std::string(5000, 'x'))), "resource_exhausted");
  }
  EXPECT_EQ(*store_->ReadToEnd("a", 0), "old");
  EXPECT_EQ(EntryCount(root_), 1u) << "no temporary file stays";
}

// Or a version could come back after the clock was set back.
TEST_F(LocalPutTest, TheTimeOfAReplacedObjectGrowsWhateverTheClock) {
  constexpr int64_t kFuture = 4102444800;  // 2100-01-01, in seconds
  ASSERT_TRUE(Put("a", "1").has_value());
  const timespec times[2] = {{kFuture, 0}, {kFuture, 999999999}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (root_ + "/a").c_str(), times, 0), 0);
  const ObjectVersion version = store_->Stat("a")->version;
  ASSERT_TRUE(store_->Put("a", "2", PutCondition::IfMatches(version)).has_value());
  struct stat status = {};
  ASSERT_EQ(::stat((root_ + "/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, kFuture + 1);
  EXPECT_EQ(status.st_mtim.tv_nsec, 0);
}

TEST_F(LocalPutTest, TheReturnedVersionIsTheOneThatStatGives) {
  const auto version = Put("t/a", "1");
  ASSERT_TRUE(version.has_value()) << version.error().message();
  EXPECT_EQ(*version, store_->Stat("t/a")->version);
}

}  // namespace
}  // namespace icefall
