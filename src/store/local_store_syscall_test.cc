// What LocalStore asks of the kernel: how often it syncs, and what it makes of failing calls. The
// functions below stand in front of the C library's, which is why this is a program of its own.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/local_store.h"

namespace {

struct Calls {
  int file_syncs = 0;    // fsync and fdatasync of files
  int folder_syncs = 0;  // fsync of folders
  int fail_file_sync_with = 0;
  int fail_folder_sync_with = 0;
  int fail_rename_with = 0;
  int fail_renameat2_with = 0;
};
Calls calls;

int Sync(int descriptor, long number) {
  struct stat status = {};
  ::fstat(descriptor, &status);
  const bool is_folder = S_ISDIR(status.st_mode);
  ++(is_folder ? calls.folder_syncs : calls.file_syncs);
  errno = is_folder ? calls.fail_folder_sync_with : calls.fail_file_sync_with;
  return errno != 0 ? -1 : static_cast<int>(::syscall(number, descriptor));
}

}  // namespace

extern "C" int fsync(int descriptor) { return Sync(descriptor, SYS_fsync); }
extern "C" int fdatasync(int descriptor) { return Sync(descriptor, SYS_fdatasync); }
extern "C" int renameat(int from, const char* old_name, int to, const char* new_name) noexcept {
  errno = calls.fail_rename_with;
  if (errno != 0) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, 0));
}
extern "C" int renameat2(int from, const char* old_name, int to, const char* new_name,
                         unsigned int flags) noexcept {
  errno = calls.fail_renameat2_with;
  if (errno != 0) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}

namespace icefall {
namespace {

template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error().code()));
}

class LocalStoreSyscallTest : public ::testing::Test {
 protected:
  LocalStoreSyscallTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "icefall-syscall-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    store_ = *LocalStore::Open(root_);
    calls = {};
  }
  ~LocalStoreSyscallTest() override {
    calls = {};
    std::error_code ignored;  // what is left over in the system's temporary directory harms nobody
    std::filesystem::remove_all(root_, ignored);
  }

  size_t EntryCount() {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(root_), {}));
  }

  std::string root_;
  std::unique_ptr<LocalStore> store_;
};

TEST_F(LocalStoreSyscallTest, ACommitToAnOpenLogIsOneSync) {
  ASSERT_TRUE(store_->Put("t/_log/1", "x", PutCondition::Always()).has_value());
  calls = {};
  auto appender = *store_->OpenAppender("t/_log/1");
  for (const char* line : {"a\n", "b\n", "c\n"}) ASSERT_TRUE(appender->Append(line).has_value());
  EXPECT_EQ(calls.file_syncs, 0);
  ASSERT_TRUE(appender->Sync().has_value());
  EXPECT_EQ(calls.file_syncs, 1);
  EXPECT_EQ(calls.folder_syncs, 0);
}

TEST_F(LocalStoreSyscallTest, ANewLogSyncsItsFolderAndTheNewParentsOnce) {
  ASSERT_TRUE(store_->OpenAppender("t/_log/1").has_value());
  EXPECT_EQ(calls.folder_syncs, 3) << "t/_log, t and the root";
  calls = {};
  ASSERT_TRUE(store_->OpenAppender("t/_log/2").has_value());
  EXPECT_EQ(calls.folder_syncs, 1) << "t/_log only";
}

TEST_F(LocalStoreSyscallTest, AnEmptyLogOfAnotherProcessMayLackADurableName) {
  std::filesystem::create_directories(root_ + "/t");
  std::ofstream(root_ + "/t/log").close();
  ASSERT_TRUE(store_->OpenAppender("t/log").has_value());
  EXPECT_EQ(calls.folder_syncs, 2);
}

TEST_F(LocalStoreSyscallTest, APutSyncsTheFileAndItsFolder) {
  ASSERT_TRUE(store_->Put("a", "1", PutCondition::IfAbsent()).has_value());
  EXPECT_EQ(calls.file_syncs, 1);
  EXPECT_EQ(calls.folder_syncs, 1);
}

TEST_F(LocalStoreSyscallTest, PersistSyncsEachFileAndEachFolderOnce) {
  const std::vector<ObjectKey> keys = {"t/p=1/a", "t/p=1/b", "t/p=2/c", "t/d"};
  for (const ObjectKey& key : keys) std::ofstream(*store_->ExternalPath(key)) << "PAR1";
  calls = {};
  ASSERT_TRUE(store_->Persist(keys).has_value());
  EXPECT_EQ(calls.file_syncs, 4);
  EXPECT_LE(calls.folder_syncs, 6) << "t/p=1, t/p=2, t, the root, and parents that are not known";
  EXPECT_GE(calls.folder_syncs, 4);
  calls = {};
  ASSERT_TRUE(store_->Persist(keys).has_value());
  EXPECT_EQ(calls.folder_syncs, 3) << "t/p=1, t/p=2, t";
}

TEST_F(LocalStoreSyscallTest, AFailedFileSyncLeavesNothing) {
  calls.fail_file_sync_with = EIO;
  EXPECT_EQ(Outcome(store_->Put("a", "1", PutCondition::IfAbsent())), "unavailable");
  calls.fail_file_sync_with = ENOSPC;
  EXPECT_EQ(Outcome(store_->Put("a", "1", PutCondition::IfAbsent())), "resource_exhausted");
  EXPECT_EQ(EntryCount(), 0u);
}

TEST_F(LocalStoreSyscallTest, AfterAFailedFolderSyncTheOutcomeIsUnknown) {
  calls.fail_folder_sync_with = EIO;
  EXPECT_EQ(Outcome(store_->Put("a", "1", PutCondition::IfAbsent())), "outcome_unknown");
  EXPECT_EQ(*store_->ReadToEnd("a", 0), "1");
}

TEST_F(LocalStoreSyscallTest, AFailedAppenderSyncIsNeverRepeated) {
  auto appender = *store_->OpenAppender("log");
  ASSERT_TRUE(appender->Append("x").has_value());
  calls = {.fail_file_sync_with = EIO};
  const auto synced = appender->Sync();
  EXPECT_EQ(Outcome(synced), "outcome_unknown");
  EXPECT_THAT(synced.error().message(), ::testing::HasSubstr(root_ + "/log: fdatasync: "));
  calls = {};
  EXPECT_EQ(Outcome(appender->Sync()), "outcome_unknown");
  EXPECT_EQ(Outcome(appender->Append("y")), "outcome_unknown");
  EXPECT_EQ(Outcome(appender->Truncate(0)), "outcome_unknown");
  EXPECT_EQ(calls.file_syncs, 0) << "the kernel would report success now";
}

TEST_F(LocalStoreSyscallTest, AFailedSyncFailsPersist) {
  std::ofstream(*store_->ExternalPath("a")) << "x";
  calls.fail_file_sync_with = ENOSPC;
  EXPECT_EQ(Outcome(store_->Persist({"a"})), "resource_exhausted");
  calls = {.fail_folder_sync_with = EIO};
  EXPECT_EQ(Outcome(store_->Persist({"a"})), "unavailable");
}

TEST_F(LocalStoreSyscallTest, AFailedRenameIsUnknownOnlyWhereItMayHaveHappened) {
  ASSERT_TRUE(store_->Put("a", "1", PutCondition::Always()).has_value());
  calls.fail_rename_with = EIO;
  EXPECT_EQ(Outcome(store_->Put("a", "2", PutCondition::Always())), "outcome_unknown");
  calls.fail_rename_with = ENOSPC;
  EXPECT_EQ(Outcome(store_->Put("a", "2", PutCondition::Always())), "resource_exhausted");
  calls.fail_rename_with = EROFS;
  EXPECT_EQ(Outcome(store_->Put("a", "2", PutCondition::Always())), "permission_denied");
  EXPECT_EQ(*store_->ReadToEnd("a", 0), "1");
  EXPECT_EQ(EntryCount(), 1u) << "no temporary file stays";
}

// As on network file systems.
TEST_F(LocalStoreSyscallTest, CreatesByLinkWhereRenameCannotKeepFromReplacing) {
  calls.fail_renameat2_with = EINVAL;
  EXPECT_EQ(Outcome(store_->Put("a", "1", PutCondition::IfAbsent())), "ok");
  EXPECT_EQ(Outcome(store_->Put("a", "2", PutCondition::IfAbsent())), "already_exists");
  EXPECT_EQ(*store_->ReadToEnd("a", 0), "1");
  EXPECT_EQ(EntryCount(), 1u) << "no temporary file stays";
}

}  // namespace
}  // namespace icefall
