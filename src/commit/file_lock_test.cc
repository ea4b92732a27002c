#include "commit/file_lock.h"

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/uuid.h"

namespace icefall {
namespace {

class FileLockTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ =
      std::filesystem::temp_directory_path() / ("icefall-lock-" + NewUuid(SystemClock()));
};

TEST_F(FileLockTest, OneHolderAtATime) {
  const auto first = *FileLock::Open(path_, false);
  const auto second = *FileLock::Open(path_, false);
  ASSERT_TRUE(first->Acquire(LockByte::kAppend));
  std::atomic<bool> is_released = false;
  std::thread waiter([&] {
    EXPECT_TRUE(second->Acquire(LockByte::kAppend));
    EXPECT_TRUE(is_released);
    second->Release(LockByte::kAppend);
  });
  is_released = true;
  first->Release(LockByte::kAppend);
  waiter.join();
}

TEST_F(FileLockTest, OneLockDoesNotWaitForTheOther) {
  const auto first = *FileLock::Open(path_, false);
  const auto second = *FileLock::Open(path_, false);
  ASSERT_TRUE(first->Acquire(LockByte::kAppend));
  ASSERT_TRUE(second->Acquire(LockByte::kSync));
  second->Release(LockByte::kSync);
  first->Release(LockByte::kAppend);
}

TEST_F(FileLockTest, SharesItsPage) {
  const auto writer = *FileLock::Open(path_, false);
  const auto reader = *FileLock::Open(path_, true);
  std::memcpy(writer->page(), "hello", 5);
  EXPECT_EQ(std::memcmp(reader->page(), "hello", 5), 0);
}

TEST_F(FileLockTest, ReplacedFileIsNoticed) {
  const auto lock = *FileLock::Open(path_, false);
  // Kept open elsewhere, so that the new file gets another inode.
  std::filesystem::remove(path_);
  std::ofstream(path_) << "";
  const auto acquired = lock->Acquire(LockByte::kAppend);
  ASSERT_FALSE(acquired);
  EXPECT_EQ(acquired.error().code(), ErrorCode::kUnavailable);
}

TEST_F(FileLockTest, ReadOnlyMakesNoFile) {
  EXPECT_FALSE(FileLock::Open(path_, true));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace icefall
