// What is special about a directory: files by path, permissions, full and read-only disks.
#include "store/local_store.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/local_store_fixture.h"

namespace icefall {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST_F(LocalStoreTest, ObjectsAreFilesUnderTheirKeys) {
  ASSERT_TRUE(Put("t/_log/1.jsonl", "{}\n").has_value());
  EXPECT_EQ(ReadFile(root_ + "/t/_log/1.jsonl"), "{}\n");
  WriteFile(root_ + "/t/data/x.parquet", "PAR1");
  EXPECT_EQ(*store_->ReadToEnd("t/data/x.parquet", 0), "PAR1");
  EXPECT_EQ(*store_->ExternalPath("t/data/x.parquet"), root_ + "/t/data/x.parquet");
  ASSERT_TRUE(store_->Delete("t/_log/1.jsonl").has_value());
  EXPECT_TRUE(std::filesystem::is_directory(root_ + "/t/_log")) << "folders stay";
}

// Acts as a user who owns nothing; root would be allowed everything.
class AsNobody {
 public:
  AsNobody() : was_root_(::geteuid() == 0) {
    EXPECT_EQ(was_root_ ? ::seteuid(65534) : 0, 0) << std::strerror(errno);
  }
  ~AsNobody() { EXPECT_EQ(was_root_ ? ::seteuid(0) : 0, 0) << std::strerror(errno); }

 private:
  const bool was_root_;
};

TEST_F(LocalStoreTest, AReadOnlyDirectoryIsPermissionDenied) {
  ASSERT_TRUE(Put("t/a", "x").has_value());
  ASSERT_EQ(::chmod(base_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod((root_ + "/t").c_str(), 0555), 0);
  ASSERT_EQ(::chmod((root_ + "/t/a").c_str(), 0444), 0);
  {
    const AsNobody nobody;
    EXPECT_EQ(*store_->ReadToEnd("t/a", 0), "x");
    EXPECT_EQ(Outcome(Put("t/a", "y")), "permission_denied");
    EXPECT_EQ(Outcome(Put("t/b", "y")), "permission_denied");
    EXPECT_EQ(Outcome(Put("t/sub/b", "y")), "permission_denied");
    EXPECT_EQ(Outcome(store_->Delete("t/a")), "permission_denied");
    EXPECT_EQ(Outcome(store_->OpenAppender("t/a")), "permission_denied");
    EXPECT_EQ(Outcome(store_->OpenAppender("t/b")), "permission_denied");
    EXPECT_EQ(Outcome(LocalStore::Create(root_ + "/t/new")), "permission_denied");
    EXPECT_EQ(Outcome(LocalStore::Create(root_ + "/t")), "ok");
    EXPECT_THAT(Put("t/b", "y").error().message(), HasSubstr(root_ + "/t/b"));
  }
  ASSERT_EQ(::chmod((root_ + "/t").c_str(), 0755), 0);
  EXPECT_EQ(EntryCount(root_ + "/t"), 1u) << "no temporary file stays";
}

TEST_F(LocalStoreTest, AnUnreadableFileIsPermissionDenied) {
  ASSERT_TRUE(Put("a", "x").has_value());
  ASSERT_EQ(::chmod(base_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod((root_ + "/a").c_str(), 0), 0);
  const AsNobody nobody;
  EXPECT_EQ(Outcome(store_->ReadToEnd("a", 0)), "permission_denied");
  EXPECT_EQ(Outcome(store_->Stat("a")), "ok");
}

TEST_F(LocalStoreTest, AFullDiskIsResourceExhausted) {
  const std::string disk = base_ + "/disk";
  ASSERT_EQ(::mkdir(disk.c_str(), 0755), 0);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "mounting a small disk is not permitted here: " << std::strerror(errno);
  }
  {
    const auto store = *LocalStore::Open(disk);
    EXPECT_EQ(Outcome(store->Put("a", std::string(500000, 'x'), PutCondition::IfAbsent())), "ok");
    const auto put = store->Put("a", std::string(900000, 'y'), PutCondition::Always());
    EXPECT_EQ(Outcome(put), "resource_exhausted");
    EXPECT_THAT(put.error().message(), AllOf(HasSubstr(disk + "/a"), HasSubstr("No space left")));
    EXPECT_EQ(*store->ReadToEnd("a", 0), std::string(500000, 'x'));
    auto appender = *store->OpenAppender("log");
    EXPECT_EQ(Outcome(appender->Append(std::string(900000, 'z'))), "resource_exhausted");
    EXPECT_EQ(EntryCount(disk), 2u) << "no temporary file stays";
  }
  EXPECT_EQ(::umount(disk.c_str()), 0) << std::strerror(errno);
}

TEST_F(LocalStoreTest, AReadOnlyDiskIsPermissionDenied) {
  const std::string disk = base_ + "/disk";
  ASSERT_EQ(::mkdir(disk.c_str(), 0755), 0);
  if (::mount("none", disk.c_str(), "tmpfs", MS_RDONLY, nullptr) != 0) {
    GTEST_SKIP() << "mounting a disk is not permitted here: " << std::strerror(errno);
  }
  {
    const auto store = *LocalStore::Create(disk);
    const auto put = store->Put("a", "x", PutCondition::Always());
    EXPECT_EQ(Outcome(put), "permission_denied");
    EXPECT_EQ(Outcome(store->OpenAppender("a")), "permission_denied");
    EXPECT_EQ(Outcome(store->ExternalPath("t/a")), "permission_denied");
    EXPECT_EQ(Outcome(LocalStore::Create(disk + "/new")), "permission_denied");
  }
  EXPECT_EQ(::umount(disk.c_str()), 0) << std::strerror(errno);
}

}  // namespace
}  // namespace icefall
