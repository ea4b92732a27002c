#include "store/local_file.h"

#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store/local_store_fixture.h"

namespace icefall {
namespace {

using ::testing::IsEmpty;

class LocalFileTest : public LocalStoreTest {
 protected:
  std::unique_ptr<RootDirectory> directory_ = *RootDirectory::Open(root_);
};

TEST_F(LocalFileTest, AVersionTellsInodeSizeAndTimeApart) {
  struct stat status = {};
  status.st_ino = 11;
  status.st_size = 22;
  status.st_mtim = {33, 44};
  EXPECT_EQ(VersionOf(status), "11:22:33000000044");
  EXPECT_EQ(InfoOf("k", status).modified_at, 33000000);
}

TEST_F(LocalFileTest, ALockKeepsOthersOutUntilItsDescriptorCloses) {
  ASSERT_TRUE(Put("a", "x").has_value());
  auto locked = LockLocalFile(*directory_, "a");
  ASSERT_TRUE(locked.has_value() && locked->has_value());
  const auto rival = *OpenLocalFile(*directory_, "a", O_RDONLY);
  EXPECT_NE(::flock(rival.descriptor.get(), LOCK_EX | LOCK_NB), 0);
  locked->reset();
  EXPECT_EQ(::flock(rival.descriptor.get(), LOCK_EX | LOCK_NB), 0);
}

TEST_F(LocalFileTest, WhatIsAbsentIsNotLocked) {
  const auto locked = LockLocalFile(*directory_, "t/none");
  ASSERT_TRUE(locked.has_value()) << locked.error().message();
  EXPECT_FALSE(locked->has_value());
}

TEST_F(LocalFileTest, APipeIsRefusedAndDoesNotBlock) {
  ASSERT_EQ(::mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Outcome(store_->ReadToEnd("pipe", 0)), "invalid_argument");
  EXPECT_EQ(Outcome(store_->OpenAppender("pipe")), "invalid_argument");
  EXPECT_EQ(Outcome(Put("pipe", "x")), "invalid_argument");
  EXPECT_EQ(Outcome(store_->Delete("pipe")), "invalid_argument");
  EXPECT_THAT(*store_->List({}), IsEmpty());
}

}  // namespace
}  // namespace icefall
