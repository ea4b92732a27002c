#include "store/root_directory.h"

#include <filesystem>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/local_store_fixture.h"

namespace icefall {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using RootDirectoryTest = LocalStoreTest;

TEST_F(RootDirectoryTest, OpenNeedsADirectory) {
  EXPECT_EQ(Outcome(LocalStore::Open(base_ + "/none")), "not_found");
  WriteFile(base_ + "/file", "x");
  const auto opened = LocalStore::Open(base_ + "/file");
  EXPECT_EQ(Outcome(opened), "invalid_argument");
  EXPECT_THAT(opened.error().message(), AllOf(StartsWith(base_ + "/file: "), HasSubstr("open")));
  EXPECT_EQ(Outcome(LocalStore::Open("")), "invalid_argument");
}

TEST_F(RootDirectoryTest, CreateMakesParentsAndTakesWhatExists) {
  const auto created = LocalStore::Create(base_ + "/a/b//c/");
  ASSERT_TRUE(created.has_value()) << created.error().message();
  EXPECT_EQ((*created)->name(), "local:" + base_ + "/a/b/c");
  EXPECT_EQ(Outcome(LocalStore::Create(base_ + "/a/b/c")), "ok");
  EXPECT_EQ(Outcome(LocalStore::Create("/")), "ok");
  WriteFile(base_ + "/file", "x");
  EXPECT_EQ(Outcome(LocalStore::Create(base_ + "/file")), "invalid_argument");
  EXPECT_EQ(Outcome(LocalStore::Create(base_ + "/file/below")), "invalid_argument");
  EXPECT_EQ(Outcome(LocalStore::Create("")), "invalid_argument");
}

TEST_F(RootDirectoryTest, ARelativePathBecomesAbsolute) {
  const std::string relative = std::filesystem::relative(root_).string();
  ASSERT_NE(relative.front(), '/');
  const auto opened = LocalStore::Open(relative);
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ((*opened)->name(), "local:" + root_);
}

TEST_F(RootDirectoryTest, TheRootMayBeReachedThroughALink) {
  std::filesystem::create_directory_symlink(root_, base_ + "/link");
  const auto opened = LocalStore::Open(base_ + "/link");
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  ASSERT_TRUE(Put("a", "x").has_value());
  EXPECT_EQ(*(*opened)->ReadToEnd("a", 0), "x");
}

TEST_F(RootDirectoryTest, TheKernelKeepsPathsInsideWhereItCan) {
  const auto root = RootDirectory::Open(root_);
  ASSERT_TRUE(root.has_value()) << root.error().message();
  open_how how = {};
  how.flags = O_RDONLY;
  const long number = ::syscall(SYS_openat2, AT_FDCWD, root_.c_str(), &how, sizeof(how));
  EXPECT_EQ((*root)->resolution(), number >= 0 ? RootDirectory::Resolution::kByKernel
                                               : RootDirectory::Resolution::kByWalk);
  if (number >= 0) ::close(static_cast<int>(number));
}

// Both ways to keep paths inside of the root.
class RootDirectoryLinkTest : public LocalStoreTest,
                              public ::testing::WithParamInterface<RootDirectory::Resolution> {
 protected:
  RootDirectoryLinkTest() {
    auto root = *RootDirectory::Open(root_);
    root->set_resolution(GetParam());
    store_ = std::make_unique<LocalStore>(std::move(root));
    WriteFile(base_ + "/outside/secret", "secret");
    std::filesystem::create_directory_symlink(base_ + "/outside", root_ + "/folder_link");
    std::filesystem::create_symlink(base_ + "/outside/secret", root_ + "/file_link");
    std::filesystem::create_symlink(base_ + "/outside/new", root_ + "/dangling_link");
    WriteFile(root_ + "/inside/file", "inside");
    std::filesystem::create_directory_symlink("inside", root_ + "/inner_link");
  }
};

INSTANTIATE_TEST_SUITE_P(Resolutions, RootDirectoryLinkTest,
                         ::testing::Values(RootDirectory::Resolution::kByKernel,
                                           RootDirectory::Resolution::kByWalk));

TEST_P(RootDirectoryLinkTest, EveryCallRefusesAPathThroughALink) {
  for (const ObjectKey key : {"folder_link/secret", "folder_link/new", "folder_link/sub/new",
                              "file_link", "dangling_link", "folder_link", "inner_link/file"}) {
    EXPECT_EQ(Outcome(store_->Read(key, 0, 0)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store_->ReadToEnd(key, 0)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store_->Stat(key)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(Put(key, "x")), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store_->Put(key, "x", PutCondition::IfAbsent())), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store_->Delete(key)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store_->OpenAppender(key)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store_->Persist({key})), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store_->ExternalPath(key)), "invalid_argument") << key;
  }
  EXPECT_EQ(ReadFile(base_ + "/outside/secret"), "secret");
  EXPECT_EQ(EntryCount(base_ + "/outside"), 1u);
  EXPECT_THAT(store_->Stat("folder_link/secret").error().message(),
              AllOf(HasSubstr(root_ + "/folder_link/secret"), HasSubstr("symbolic link")));
}

TEST_P(RootDirectoryLinkTest, ListLeavesLinksOut) {
  const auto infos = store_->List({});
  ASSERT_TRUE(infos.has_value()) << infos.error().message();
  ASSERT_EQ(infos->size(), 1u);
  EXPECT_EQ(infos->front().key, "inside/file");
  EXPECT_EQ(Outcome(store_->List({.prefix = "folder_link/"})), "invalid_argument");
}

TEST_P(RootDirectoryLinkTest, RemoveAbandonedStaysInside) {
  WriteFile(base_ + "/outside/.tmp-1", "x");
  EXPECT_EQ(*store_->RemoveAbandoned(INT64_MAX), 0u);
  EXPECT_EQ(ReadFile(base_ + "/outside/.tmp-1"), "x");
}

}  // namespace
}  // namespace icefall
