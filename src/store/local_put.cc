#include "store/local_put.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/uuid.h"
#include "store/local_file.h"
#include "store/posix_error.h"

namespace icefall {
namespace {

constexpr mode_t kFileMode = 0666;
constexpr int64_t kNanosPerSecond = 1000000000;
// Each failed round means that another writer finished one, so this many are never needed.
constexpr int kPutRoundsMax = 10000;

int64_t NowNanos() {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
}

// A file in the folder of `key` under a name that no List shows; removed unless it was published.
class TemporaryFile {
 public:
  static Result<TemporaryFile> Make(const RootDirectory& root, std::string_view key);
  TemporaryFile(TemporaryFile&& other) noexcept = default;
  ~TemporaryFile() {
    // When this fails the file stays as an abandoned one, which RemoveAbandoned is for.
    if (folder_.valid() && !published_) ::unlinkat(folder_.get(), name_.c_str(), 0);
  }

  // Writes and makes durable; the modification time becomes greater than `modified_after`.
  Result<void> Fill(std::string_view bytes, int64_t modified_after);
  // Answers false when `replace` is not set and the name is taken. Error: kOutcomeUnknown too.
  Result<bool> Publish(std::string_view key_name, bool replace);
  const struct stat& status() const { return file_.status; }

 private:
  TemporaryFile() = default;
  Result<void> SetModified(int64_t modified_after);
  int RenameIfAbsent(const std::string& key_name);

  std::string path_;  // of the object, for messages
  std::string name_;
  FileDescriptor folder_;
  LocalFile file_;
  bool published_ = false;
};

Result<TemporaryFile> TemporaryFile::Make(const RootDirectory& root, std::string_view key) {
  TemporaryFile made;
  made.path_ = root.PathOf(key);
  made.name_ = std::string(kTemporaryPrefix) + NewUuid(SystemClock());
  ICEFALL_ASSIGN_OR_RETURN(FileDescriptor folder, root.MakeFolder(FolderOf(key)));
  made.file_.descriptor =
      FileDescriptor(::openat(folder.get(), made.name_.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!made.file_.descriptor.valid()) {
    return Fail(PosixError(made.path_, "create temporary file", errno));
  }
  made.folder_ = std::move(folder);
  return made;
}

Result<void> TemporaryFile::Fill(std::string_view bytes, int64_t modified_after) {
  ICEFALL_RETURN_IF_ERROR(WriteAll(file_.descriptor, bytes, path_));
  ICEFALL_RETURN_IF_ERROR(SetModified(modified_after));
  // Nothing has been published yet, so even a failing sync is a plain failure.
  if (::fsync(file_.descriptor.get()) != 0) return Fail(PosixError(path_, "fsync", errno));
  return {};
}

// The kernel's own time is too coarse: inodes are reused at once, and a new file with the inode,
// size and time of an older one would pass for it.
Result<void> TemporaryFile::SetModified(int64_t modified_after) {
  int64_t wanted = std::max(NowNanos(), modified_after + 1);
  for (const int64_t step : {int64_t{0}, kNanosPerSecond, 2 * kNanosPerSecond}) {
    // File systems round times down to their own unit, of up to two seconds.
    wanted += step;
    const timespec times[2] = {{0, UTIME_OMIT},
                               {wanted / kNanosPerSecond, wanted % kNanosPerSecond}};
    if (::futimens(file_.descriptor.get(), times) != 0) {
      return Fail(PosixError(path_, "futimens", errno));
    }
    if (::fstat(file_.descriptor.get(), &file_.status) != 0) {
      return Fail(PosixError(path_, "fstat", errno));
    }
    if (ModifiedNanosOf(file_.status) > modified_after) return {};
  }
  return Fail(ErrorCode::kUnsupported,
              fmt::format("{}: the file system does not keep the modification time {} ns, so "
                          "versions would repeat",
                          path_, wanted));
}

int TemporaryFile::RenameIfAbsent(const std::string& key_name) {
  const int folder = folder_.get();
  if (::renameat2(folder, name_.c_str(), folder, key_name.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) return -1;
  // Network file systems know link, not this flag. The second name goes with the destructor.
  if (::linkat(folder, name_.c_str(), folder, key_name.c_str(), 0) != 0) return -1;
  ::unlinkat(folder, name_.c_str(), 0);
  return 0;
}

Result<bool> TemporaryFile::Publish(std::string_view key_name, bool replace) {
  const std::string target(key_name);
  const int result = replace
                         ? ::renameat(folder_.get(), name_.c_str(), folder_.get(), target.c_str())
                         : RenameIfAbsent(target);
  if (result == 0) {
    published_ = true;
    return true;
  }
  const int number = errno;
  if (number == EEXIST && !replace) return false;
  const Error error = PosixError(path_, "rename", number);
  // The name may have changed before the file system reported these.
  if (error.code() != ErrorCode::kUnavailable) return Fail(error);
  return Fail(ErrorCode::kOutcomeUnknown, error.message());
}

Result<void> CheckCondition(const RootDirectory& root, const ObjectKey& key,
                            const PutCondition& condition,
                            const std::optional<LocalFile>& existing) {
  if (condition.kind == PutCondition::Kind::kAbsent && existing) {
    return Fail(ErrorCode::kAlreadyExists,
                fmt::format("{}: expected no object, found version {}", root.PathOf(key),
                            VersionOf(existing->status)));
  }
  if (condition.kind != PutCondition::Kind::kMatches) return {};
  const std::string found = existing ? "version " + VersionOf(existing->status) : "no object";
  if (existing && VersionOf(existing->status) == condition.version) return {};
  return Fail(ErrorCode::kConflict, fmt::format("{}: expected version {}, found {}",
                                                root.PathOf(key), condition.version, found));
}

// A folder of that name would otherwise be reported in as many ways as there are file systems.
Result<void> RefuseFolder(const RootDirectory& root, const ObjectKey& key) {
  const Result<FileDescriptor> folder = root.OpenFolder(key);
  if (!folder) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: expected an object or nothing, found a folder", root.PathOf(key)));
}

}  // namespace

Result<ObjectVersion> PutLocalFile(const RootDirectory& root, const ObjectKey& key,
                                   std::string_view bytes, const PutCondition& condition) {
  for (int round = 0; round < kPutRoundsMax; ++round) {
    // Also an unconditional Put takes the lock: it must not slip between the comparison and the
    // rename of a conditional one.
    ICEFALL_ASSIGN_OR_RETURN(const std::optional<LocalFile> existing, LockLocalFile(root, key));
    ICEFALL_RETURN_IF_ERROR(CheckCondition(root, key, condition, existing));
    if (!existing) ICEFALL_RETURN_IF_ERROR(RefuseFolder(root, key));
    ICEFALL_ASSIGN_OR_RETURN(TemporaryFile temporary, TemporaryFile::Make(root, key));
    ICEFALL_RETURN_IF_ERROR(
        temporary.Fill(bytes, existing ? ModifiedNanosOf(existing->status) : 0));
    ICEFALL_ASSIGN_OR_RETURN(const bool published,
                             temporary.Publish(NameOf(key), existing.has_value()));
    // Somebody else created it in the meantime: look again.
    if (!published) continue;
    if (Result<void> synced = root.SyncFolder(FolderOf(key)); !synced) {
      return Fail(ErrorCode::kOutcomeUnknown, synced.error().message());
    }
    return VersionOf(temporary.status());
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: created and deleted by others {} times while being written",
                          root.PathOf(key), kPutRoundsMax));
}

}  // namespace icefall
