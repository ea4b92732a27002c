#include "store/local_file.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/posix_error.h"

namespace icefall {
namespace {

// Each failed round means that another writer finished one, so this many are never needed.
constexpr int kLockRoundsMax = 10000;

}  // namespace

ObjectVersion VersionOf(const struct stat& status) {
  return fmt::format("{}:{}:{}", status.st_ino, status.st_size, ModifiedNanosOf(status));
}

int64_t ModifiedNanosOf(const struct stat& status) {
  return int64_t{status.st_mtim.tv_sec} * 1000000000 + status.st_mtim.tv_nsec;
}

ObjectInfo InfoOf(std::string_view key, const struct stat& status) {
  return {.key = std::string(key),
          .size_bytes = static_cast<uint64_t>(status.st_size),
          .version = VersionOf(status),
          .modified_at = ModifiedNanosOf(status) / 1000};
}

Result<LocalFile> OpenLocalFile(const RootDirectory& root, std::string_view key, int flags) {
  LocalFile file;
  ICEFALL_ASSIGN_OR_RETURN(file.descriptor, root.OpenFile(key, flags));
  if (::fstat(file.descriptor.get(), &file.status) != 0) {
    return Fail(PosixError(root.PathOf(key), "fstat", errno));
  }
  if (S_ISREG(file.status.st_mode)) return file;
  if (S_ISDIR(file.status.st_mode)) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("{}: expected a file, found a folder", root.PathOf(key)));
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: expected a regular file, found mode {:o}", root.PathOf(key),
                          file.status.st_mode));
}

Result<std::optional<LocalFile>> LockLocalFile(const RootDirectory& root, std::string_view key) {
  // The lock lies on the file that is being replaced, so that no lock file stays behind. Whoever
  // waited for it must check that the name still leads to the file that it locked.
  for (int round = 0; round < kLockRoundsMax; ++round) {
    Result<LocalFile> file = OpenLocalFile(root, key, O_RDONLY);
    if (!file && file.error().code() == ErrorCode::kNotFound) return std::nullopt;
    ICEFALL_RETURN_IF_ERROR(file);
    while (::flock(file->descriptor.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return Fail(PosixError(root.PathOf(key), "flock", errno));
    }
    const Result<LocalFile> now = OpenLocalFile(root, key, O_PATH);
    if (!now && now.error().code() == ErrorCode::kNotFound) return std::nullopt;
    ICEFALL_RETURN_IF_ERROR(now);
    if (now->status.st_ino != file->status.st_ino || now->status.st_dev != file->status.st_dev) {
      continue;
    }
    // It may have grown while we waited.
    file->status = now->status;
    return std::optional<LocalFile>(*std::move(file));
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: replaced {} times while waiting for its lock", root.PathOf(key),
                          kLockRoundsMax));
}

Result<void> WriteAll(const FileDescriptor& descriptor, std::string_view bytes,
                      std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return Fail(PosixError(path, "write", errno));
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace icefall
