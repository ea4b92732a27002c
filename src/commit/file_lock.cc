#include "commit/file_lock.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace icefall {
namespace {

constexpr mode_t kFileMode = 0666;

std::unexpected<Error> SystemError(const std::string& path, std::string_view call, int code) {
  ErrorCode kind = ErrorCode::kUnavailable;
  if (code == EACCES || code == EPERM || code == EROFS) kind = ErrorCode::kPermissionDenied;
  if (code == ENOSPC || code == EDQUOT || code == EMFILE || code == ENFILE || code == ENOMEM) {
    kind = ErrorCode::kResourceExhausted;
  }
  return Fail(
      kind, fmt::format("lock file {}: {}: {}", path, call, std::generic_category().message(code)));
}

struct flock LockOf(LockByte byte, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(byte);
  lock.l_len = 1;
  return lock;
}

}  // namespace

Result<std::unique_ptr<FileLock>> FileLock::Open(const std::string& path, bool read_only) {
  const int flags = read_only ? O_RDONLY : O_RDWR | O_CREAT;
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  if (descriptor < 0) return SystemError(path, "open", errno);
  const auto fail = [&](std::string_view call) {
    const int code = errno;
    ::close(descriptor);
    return SystemError(path, call, code);
  };
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) return fail("fstat");
  if (status.st_size < static_cast<off_t>(kPageSizeBytes)) {
    if (read_only) {
      ::close(descriptor);
      return Fail(ErrorCode::kUnavailable, fmt::format("lock file {}: expected {} bytes, found {}",
                                                       path, kPageSizeBytes, status.st_size));
    }
    // Growing only: another process may be doing the same.
    if (::ftruncate(descriptor, kPageSizeBytes) != 0) return fail("ftruncate");
  }
  void* page = ::mmap(nullptr, kPageSizeBytes, read_only ? PROT_READ : PROT_READ | PROT_WRITE,
                      MAP_SHARED, descriptor, 0);
  if (page == MAP_FAILED) return fail("mmap");
  return std::unique_ptr<FileLock>(new FileLock(path, descriptor, page, status.st_ino));
}

FileLock::~FileLock() {
  ::munmap(page_, kPageSizeBytes);
  ::close(descriptor_);
}

Result<void> FileLock::Acquire(LockByte byte) {
  struct flock lock = LockOf(byte, F_WRLCK);
  while (::fcntl(descriptor_, F_OFD_SETLKW, &lock) != 0) {
    if (errno != EINTR) return SystemError(path_, "fcntl", errno);
  }
  return CheckNotReplaced(byte);
}

Result<bool> FileLock::TryAcquire(LockByte byte) {
  struct flock lock = LockOf(byte, F_WRLCK);
  if (::fcntl(descriptor_, F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    return SystemError(path_, "fcntl", errno);
  }
  ICEFALL_RETURN_IF_ERROR(CheckNotReplaced(byte));
  return true;
}

Result<void> FileLock::CheckNotReplaced(LockByte byte) {
  // Someone who removes the file would give the lock to two: to us here, and to whoever makes the
  // file anew.
  struct stat status = {};
  if (::stat(path_.c_str(), &status) != 0 || status.st_ino != inode_) {
    Release(byte);
    return Fail(ErrorCode::kUnavailable,
                fmt::format("lock file {}: replaced while it was open", path_));
  }
  return {};
}

void FileLock::Release(LockByte byte) {
  struct flock lock = LockOf(byte, F_UNLCK);
  ::fcntl(descriptor_, F_OFD_SETLK, &lock);
}

}  // namespace icefall
