#include "commit/commit_lock.h"

#include <array>
#include <map>
#include <mutex>

#include "commit/file_lock.h"

namespace icefall {
namespace {

// Each round means that the file was replaced in between.
constexpr int kReplacedRoundsMax = 10;
// Who dies with the right to sync announces nothing: the others look again after this long.
constexpr int kDeadHolderMsMax = 20;

class FileCommitLock : public CommitLock {
 public:
  FileCommitLock(std::string path, bool read_only)
      : path_(std::move(path)), read_only_(read_only) {}

  Result<void> Open() {
    ICEFALL_ASSIGN_OR_RETURN(std::shared_ptr<FileLock> file, FileLock::Open(path_, read_only_));
    // The page keeps the mapping that it looks at.
    struct MappedPage {
      std::shared_ptr<FileLock> file;
      CommitPage page;
    };
    auto mapped =
        std::make_shared<MappedPage>(file, CommitPage(file->page(), file->inode(), ReadBootId()));
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
    page_ = std::shared_ptr<CommitPage>(mapped, &mapped->page);
    return {};
  }

  Result<void> AcquireAppend() override {
    for (int round = 0;; ++round) {
      auto acquired = Current()->Acquire(LockByte::kAppend);
      if (acquired || acquired.error().code() != ErrorCode::kUnavailable ||
          round >= kReplacedRoundsMax) {
        return acquired;
      }
      ICEFALL_RETURN_IF_ERROR(Open());
    }
  }

  void ReleaseAppend() override { Current()->Release(LockByte::kAppend); }

  // Not by waiting for the lock: all who wait would take it in turn, only to see that they are
  // done.
  Result<bool> AcquireSyncUnless(const std::function<bool()>& is_done) override {
    const auto file = Current();
    const auto shared = page();
    for (;;) {
      const uint32_t seen = shared->sync_releases();
      if (is_done()) return false;
      ICEFALL_ASSIGN_OR_RETURN(const bool acquired, file->TryAcquire(LockByte::kSync));
      if (acquired) return true;
      shared->WaitForSyncRelease(seen, kDeadHolderMsMax);
    }
  }
  void ReleaseSync() override {
    Current()->Release(LockByte::kSync);
    page()->AnnounceSyncRelease();
  }

  std::shared_ptr<CommitPage> page() override {
    const std::lock_guard lock(mutex_);
    return page_;
  }

 private:
  std::shared_ptr<FileLock> Current() {
    const std::lock_guard lock(mutex_);
    return file_;
  }

  const std::string path_;
  const bool read_only_;
  std::mutex mutex_;
  std::shared_ptr<FileLock> file_;    // guarded by mutex_
  std::shared_ptr<CommitPage> page_;  // guarded by mutex_
};

struct ProcessState {
  std::mutex append_mutex;
  std::mutex sync_mutex;
  std::array<uint64_t, CommitPage::kWordCount> words = {};
};

// The state that all users of one store object share; it goes with the last of them.
std::shared_ptr<ProcessState> SharedStateOf(const ObjectStore& store) {
  static std::mutex mutex;
  static auto& states = *new std::map<const ObjectStore*, std::weak_ptr<ProcessState>>();
  const std::lock_guard lock(mutex);
  std::erase_if(states, [](const auto& item) { return item.second.expired(); });
  auto state = states[&store].lock();
  if (!state) {
    state = std::make_shared<ProcessState>();
    states[&store] = state;
  }
  return state;
}

class ProcessCommitLock : public CommitLock {
 public:
  explicit ProcessCommitLock(const ObjectStore& store)
      : state_(SharedStateOf(store)),
        page_(std::make_shared<CommitPage>(state_->words.data(), 1, "process")) {}

  Result<void> AcquireAppend() override {
    state_->append_mutex.lock();
    return {};
  }
  void ReleaseAppend() override { state_->append_mutex.unlock(); }
  Result<bool> AcquireSyncUnless(const std::function<bool()>& is_done) override {
    state_->sync_mutex.lock();
    if (!is_done()) return true;
    state_->sync_mutex.unlock();
    return false;
  }
  void ReleaseSync() override { state_->sync_mutex.unlock(); }
  std::shared_ptr<CommitPage> page() override { return page_; }

 private:
  const std::shared_ptr<ProcessState> state_;
  const std::shared_ptr<CommitPage> page_;
};

}  // namespace

Result<std::unique_ptr<CommitLock>> OpenCommitLock(ObjectStore& store, const ObjectKey& lock_key,
                                                   bool read_only) {
  if (!store.capabilities().external_path) return OpenProcessCommitLock(store);
  ICEFALL_ASSIGN_OR_RETURN(const std::string path, store.ExternalPath(lock_key));
  return OpenFileCommitLock(path, read_only);
}

Result<std::unique_ptr<CommitLock>> OpenFileCommitLock(const std::string& path, bool read_only) {
  auto lock = std::make_unique<FileCommitLock>(path, read_only);
  ICEFALL_RETURN_IF_ERROR(lock->Open());
  return lock;
}

std::unique_ptr<CommitLock> OpenProcessCommitLock(const ObjectStore& store) {
  return std::make_unique<ProcessCommitLock>(store);
}

}  // namespace icefall
