#include "store/root_directory.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "store/posix_error.h"

namespace icefall {
namespace {

constexpr mode_t kFolderMode = 0777;
constexpr int kOpenRoundsMax = 1000;

int AddFlags(int flags) {
  // O_NONBLOCK matters for pipes alone, whose opening would wait for a writer. With O_PATH nothing
  // waits, and openat2 refuses the pair.
  return flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NONBLOCK);
}

Error EmptyPath() {
  return Error(ErrorCode::kInvalidArgument, "directory path is empty, expected a path");
}

int OpenByKernel(int directory, const char* relative, int flags, mode_t mode) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, relative, &how, sizeof(how)));
}

bool IsSymbolicLink(int directory, const char* name) {
  struct stat status = {};
  return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

Result<void> SyncDirectory(int directory, const std::string& path) {
  if (::fsync(directory) == 0) return {};
  return Fail(PosixError(path, "fsync", errno));
}

Result<void> SyncDirectoryAt(const std::string& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return Fail(PosixError(path, "open", errno));
  return SyncDirectory(directory.get(), path);
}

}  // namespace

std::string_view FolderOf(std::string_view key) {
  const size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
}

std::string_view NameOf(std::string_view key) { return key.substr(key.rfind('/') + 1); }

RootDirectory::RootDirectory(std::string path, FileDescriptor directory)
    : path_(std::move(path)), directory_(std::move(directory)) {}

Result<std::unique_ptr<RootDirectory>> RootDirectory::Open(const std::string& path) {
  if (path.empty()) return Fail(EmptyPath());
  std::error_code code;
  // Absolute, so that a later change of the working directory does not move the store.
  const std::filesystem::path absolute = std::filesystem::absolute(path, code);
  if (code) return Fail(PosixError(path, "getcwd", code.value()));
  std::string normal = absolute.lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();

  FileDescriptor directory(::open(normal.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return Fail(PosixError(normal, "open directory", errno));
  std::unique_ptr<RootDirectory> root(new RootDirectory(normal, std::move(directory)));
  const FileDescriptor probe(
      OpenByKernel(root->directory_.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
  if (!probe.valid()) root->set_resolution(Resolution::kByWalk);
  return root;
}

Result<std::unique_ptr<RootDirectory>> RootDirectory::Create(const std::string& path) {
  if (path.empty()) return Fail(EmptyPath());
  std::vector<std::string> made;
  for (size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), kFolderMode) == 0) {
      made.push_back(part);
      continue;
    }
    // A parent that exists may be reported as any of these; the last part is looked at by Open.
    const int number = errno;
    const bool may_exist = number == EEXIST || number == EROFS || number == EACCES;
    if (!may_exist || ::access(part.c_str(), F_OK) != 0) {
      return Fail(PosixError(part, "mkdir", number));
    }
  }
  for (const std::string& part : made) {
    const std::filesystem::path parent = std::filesystem::path(part).parent_path();
    ICEFALL_RETURN_IF_ERROR(SyncDirectoryAt(parent.empty() ? "." : parent.string()));
  }
  return Open(path);
}

std::string RootDirectory::PathOf(std::string_view relative) const {
  if (relative.empty()) return path_;
  return path_ == "/" ? fmt::format("/{}", relative) : fmt::format("{}/{}", path_, relative);
}

int RootDirectory::TryOpen(std::string_view relative, int flags, mode_t mode) const {
  const std::string path = relative.empty() ? "." : std::string(relative);
  if (resolution_ == Resolution::kByWalk) return OpenByWalk(path, AddFlags(flags), mode);
  int number = -1;
  for (int round = 0; round < kOpenRoundsMax && number < 0; ++round) {
    number = OpenByKernel(directory_.get(), path.c_str(), AddFlags(flags), mode);
    // EAGAIN: the kernel saw a concurrent rename and cannot vouch for the path, or the file is
    // leased to somebody who is asked to give it back.
    if (number < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  return number;
}

int RootDirectory::OpenByWalk(const std::string& relative, int flags, mode_t mode) const {
  FileDescriptor current;
  int parent = directory_.get();
  size_t begin = 0;
  for (size_t slash; (slash = relative.find('/', begin)) != std::string::npos; begin = slash + 1) {
    const std::string segment = relative.substr(begin, slash - begin);
    FileDescriptor next(
        ::openat(parent, segment.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) {
      if (errno == ENOTDIR && IsSymbolicLink(parent, segment.c_str())) errno = ELOOP;
      return -1;
    }
    current = std::move(next);
    parent = current.get();
  }
  const std::string name = relative.substr(begin);
  const int number = ::openat(parent, name.c_str(), flags | O_NOFOLLOW, mode);
  if (number < 0) {
    if (errno == ENOTDIR && IsSymbolicLink(parent, name.c_str())) errno = ELOOP;
    return -1;
  }
  // O_PATH with O_NOFOLLOW opens the link itself.
  struct stat status = {};
  if (::fstat(number, &status) == 0 && S_ISLNK(status.st_mode)) {
    ::close(number);
    errno = ELOOP;
    return -1;
  }
  return number;
}

Result<FileDescriptor> RootDirectory::OpenFile(std::string_view relative, int flags,
                                               mode_t mode) const {
  const int number = TryOpen(relative, flags, mode);
  if (number >= 0) return FileDescriptor(number);
  // Where a parent is an object, there is no such key: that is how stores without folders see it.
  return Fail(PosixError(PathOf(relative), "open", errno == ENOTDIR ? ENOENT : errno));
}

Result<FileDescriptor> RootDirectory::OpenFolder(std::string_view folder) const {
  return OpenFile(folder, O_RDONLY | O_DIRECTORY);
}

Result<FileDescriptor> RootDirectory::MakeFolder(std::string_view folder) const {
  Result<FileDescriptor> opened = OpenFolder(folder);
  if (opened || opened.error().code() != ErrorCode::kNotFound || folder.empty()) return opened;
  ICEFALL_ASSIGN_OR_RETURN(const FileDescriptor parent, MakeFolder(FolderOf(folder)));
  const std::string name(NameOf(folder));
  if (::mkdirat(parent.get(), name.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return Fail(PosixError(PathOf(folder), "mkdir", errno));
  }
  opened = OpenFolder(folder);
  if (!opened && opened.error().code() == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: expected a folder, found a file", PathOf(folder)));
  }
  return opened;
}

Result<void> RootDirectory::SyncFolder(std::string_view folder) const {
  ICEFALL_ASSIGN_OR_RETURN(const FileDescriptor directory, OpenFolder(folder));
  ICEFALL_RETURN_IF_ERROR(SyncDirectory(directory.get(), PathOf(folder)));
  if (folder.empty()) return {};
  {
    const std::lock_guard lock(mutex_);
    if (durable_folders_.contains(folder)) return {};
  }
  ICEFALL_RETURN_IF_ERROR(SyncFolder(FolderOf(folder)));
  const std::lock_guard lock(mutex_);
  durable_folders_.emplace(folder);
  return {};
}

}  // namespace icefall
