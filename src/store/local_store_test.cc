// What is special about a directory: links, permissions, full disks, leftovers.
#include "store/local_store.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace icefall {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error().code()));
}

class LocalStoreTest : public ::testing::Test {
 protected:
  LocalStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "icefall-local-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
    root_ = base_ + "/db";
    store_ = *LocalStore::Create(root_);
  }
  ~LocalStoreTest() override {
    std::error_code ignored;  // what is left over in the system's temporary directory harms nobody
    std::filesystem::remove_all(base_, ignored);
  }

  void WriteFile(const std::string& path, std::string_view bytes) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes) {
    return store_->Put(key, bytes, PutCondition::Always());
  }
  size_t EntryCount(const std::string& path) {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }

  std::string base_;
  std::string root_;
  std::unique_ptr<LocalStore> store_;
};

TEST_F(LocalStoreTest, OpenNeedsADirectory) {
  EXPECT_EQ(Outcome(LocalStore::Open(base_ + "/none")), "not_found");
  WriteFile(base_ + "/file", "x");
  const auto opened = LocalStore::Open(base_ + "/file");
  EXPECT_EQ(Outcome(opened), "invalid_argument");
  EXPECT_THAT(opened.error().message(), AllOf(StartsWith(base_ + "/file: "), HasSubstr("open")));
  EXPECT_EQ(Outcome(LocalStore::Open("")), "invalid_argument");
}

TEST_F(LocalStoreTest, CreateMakesParentsAndTakesWhatExists) {
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

TEST_F(LocalStoreTest, ARelativePathBecomesAbsolute) {
  const std::string relative = std::filesystem::relative(root_).string();
  ASSERT_NE(relative.front(), '/');
  const auto opened = LocalStore::Open(relative);
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ((*opened)->name(), "local:" + root_);
}

TEST_F(LocalStoreTest, TheKernelKeepsPathsInsideWhereItCan) {
  const auto root = RootDirectory::Open(root_);
  ASSERT_TRUE(root.has_value()) << root.error().message();
  open_how how = {};
  how.flags = O_RDONLY;
  const long number = ::syscall(SYS_openat2, AT_FDCWD, root_.c_str(), &how, sizeof(how));
  EXPECT_EQ((*root)->resolution(), number >= 0 ? RootDirectory::Resolution::kByKernel
                                               : RootDirectory::Resolution::kByWalk);
  if (number >= 0) ::close(static_cast<int>(number));
}

TEST_F(LocalStoreTest, ObjectsAreFilesUnderTheirKeys) {
  ASSERT_TRUE(Put("t/_log/1.jsonl", "{}\n").has_value());
  EXPECT_EQ(ReadFile(root_ + "/t/_log/1.jsonl"), "{}\n");
  WriteFile(root_ + "/t/data/x.parquet", "PAR1");
  EXPECT_EQ(*store_->ReadToEnd("t/data/x.parquet", 0), "PAR1");
  EXPECT_EQ(*store_->ExternalPath("t/data/x.parquet"), root_ + "/t/data/x.parquet");
  ASSERT_TRUE(store_->Delete("t/_log/1.jsonl").has_value());
  EXPECT_TRUE(std::filesystem::is_directory(root_ + "/t/_log")) << "folders stay";
}

TEST_F(LocalStoreTest, TheRootMayBeReachedThroughALink) {
  std::filesystem::create_directory_symlink(root_, base_ + "/link");
  const auto opened = LocalStore::Open(base_ + "/link");
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  ASSERT_TRUE(Put("a", "x").has_value());
  EXPECT_EQ(*(*opened)->ReadToEnd("a", 0), "x");
}

// Both ways to keep paths inside of the root.
class LocalStoreLinkTest : public LocalStoreTest,
                           public ::testing::WithParamInterface<RootDirectory::Resolution> {
 protected:
  LocalStoreLinkTest() {
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

INSTANTIATE_TEST_SUITE_P(Resolutions, LocalStoreLinkTest,
                         ::testing::Values(RootDirectory::Resolution::kByKernel,
                                           RootDirectory::Resolution::kByWalk));

TEST_P(LocalStoreLinkTest, EveryCallRefusesAPathThroughALink) {
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

TEST_P(LocalStoreLinkTest, ListLeavesLinksOut) {
  const auto infos = store_->List({});
  ASSERT_TRUE(infos.has_value()) << infos.error().message();
  ASSERT_EQ(infos->size(), 1u);
  EXPECT_EQ(infos->front().key, "inside/file");
  EXPECT_EQ(Outcome(store_->List({.prefix = "folder_link/"})), "invalid_argument");
}

TEST_P(LocalStoreLinkTest, RemoveAbandonedStaysInside) {
  WriteFile(base_ + "/outside/.tmp-1", "x");
  EXPECT_EQ(*store_->RemoveAbandoned(INT64_MAX), 0u);
  EXPECT_EQ(ReadFile(base_ + "/outside/.tmp-1"), "x");
}

TEST_F(LocalStoreTest, APipeIsRefusedAndDoesNotBlock) {
  ASSERT_EQ(::mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Outcome(store_->ReadToEnd("pipe", 0)), "invalid_argument");
  EXPECT_EQ(Outcome(store_->OpenAppender("pipe")), "invalid_argument");
  EXPECT_EQ(Outcome(Put("pipe", "x")), "invalid_argument");
  EXPECT_EQ(Outcome(store_->Delete("pipe")), "invalid_argument");
  EXPECT_THAT(*store_->List({}), IsEmpty());
}

// What a Put leaves behind that was stopped in the middle.
TEST_F(LocalStoreTest, LeftoversOfStoppedPutsAreInvisibleAndRemovable) {
  ASSERT_TRUE(Put("t/a", "whole").has_value());
  WriteFile(root_ + "/t/.tmp-0190b8a3-0000-7000-8000-000000000001", "torn");
  WriteFile(root_ + "/.tmp-0190b8a3-0000-7000-8000-000000000002", "");
  WriteFile(root_ + "/t/.hidden", "not ours");
  EXPECT_EQ(store_->List({})->size(), 1u);
  EXPECT_EQ(*store_->RemoveAbandoned(0), 0u) << "all are younger";
  EXPECT_EQ(*store_->RemoveAbandoned(INT64_MAX), 2u);
  EXPECT_EQ(*store_->RemoveAbandoned(INT64_MAX), 0u);
  EXPECT_EQ(ReadFile(root_ + "/t/.hidden"), "not ours");
  EXPECT_EQ(*store_->ReadToEnd("t/a", 0), "whole");
}

TEST_F(LocalStoreTest, ForeignFilesWithUnusableNamesAreNotListed) {
  WriteFile(root_ + "/.git/config", "x");
  WriteFile(root_ + "/t/.part.crc", "x");
  EXPECT_THAT(*store_->List({}), IsEmpty());
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

// Makes writes past that many bytes of a file fail with EFBIG, as a quota would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t limit_bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {limit_bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0) << std::strerror(errno);
  }
  ~FileSizeLimit() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0) << std::strerror(errno);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_ = {};
};

TEST_F(LocalStoreTest, AWriteThatStopsHalfWayChangesNothing) {
  ASSERT_TRUE(Put("a", "old").has_value());
  {
    const FileSizeLimit limit(1000);
    EXPECT_EQ(Outcome(Put("a", std::string(5000, 'x'))), "resource_exhausted");
    EXPECT_EQ(Outcome(Put("b", std::string(5000, 'x'))), "resource_exhausted");
  }
  EXPECT_EQ(*store_->ReadToEnd("a", 0), "old");
  EXPECT_EQ(EntryCount(root_), 1u) << "no temporary file stays";
}

TEST_F(LocalStoreTest, AnAppenderThatFailedRefusesToGoOn) {
  auto appender = *store_->OpenAppender("log");
  ASSERT_TRUE(appender->Append("one\n").has_value());
  {
    const FileSizeLimit limit(1000);
    EXPECT_EQ(Outcome(appender->Append(std::string(5000, 'x'))), "resource_exhausted");
  }
  EXPECT_EQ(Outcome(appender->Append("two\n")), "outcome_unknown");
  EXPECT_EQ(Outcome(appender->Sync()), "outcome_unknown");
  EXPECT_EQ(store_->Stat("log")->size_bytes, 1000u) << "the torn tail is there to be cut";
  auto next = *store_->OpenAppender("log");
  ASSERT_TRUE(next->Truncate(4).has_value());
  ASSERT_TRUE(next->Append("two\n").has_value());
  EXPECT_EQ(*store_->ReadToEnd("log", 0), "one\ntwo\n");
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
