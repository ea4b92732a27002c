#include "store/local_appender.h"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "store/local_file.h"
#include "store/posix_error.h"

namespace icefall {
namespace {

constexpr mode_t kFileMode = 0666;
// Each failed round means that another process created or deleted the file in between.
constexpr int kOpenRoundsMax = 100;

class LocalAppender : public ObjectAppender {
 public:
  LocalAppender(std::string path, FileDescriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Result<void> Append(std::string_view bytes) override {
    ICEFALL_RETURN_IF_ERROR(RefuseAfterFailure());
    Result<void> written = WriteAll(file_, bytes, path_);
    failed_ = !written.has_value();
    return written;
  }

  Result<void> Sync() override {
    ICEFALL_RETURN_IF_ERROR(RefuseAfterFailure());
    if (::fdatasync(file_.get()) == 0) return {};
    failed_ = true;
    return Fail(ErrorCode::kOutcomeUnknown, PosixError(path_, "fdatasync", errno).message());
  }

  Result<uint64_t> SizeBytes() override {
    struct stat status = {};
    if (::fstat(file_.get(), &status) != 0) return Fail(PosixError(path_, "fstat", errno));
    return static_cast<uint64_t>(status.st_size);
  }

  Result<void> Truncate(uint64_t size_bytes) override {
    ICEFALL_RETURN_IF_ERROR(RefuseAfterFailure());
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t found, SizeBytes());
    if (size_bytes > found) {
      return Fail(ErrorCode::kOutOfRange,
                  fmt::format("{}: cannot cut to {} bytes, found {}", path_, size_bytes, found));
    }
    if (::ftruncate(file_.get(), static_cast<off_t>(size_bytes)) != 0) {
      failed_ = true;
      return Fail(PosixError(path_, "ftruncate", errno));
    }
    return Sync();
  }

 private:
  // The kernel reports a failed write-back once and then forgets it: a second Sync would succeed
  // without the bytes being on disk.
  Result<void> RefuseAfterFailure() const {
    if (!failed_) return {};
    return Fail(
        ErrorCode::kOutcomeUnknown,
        fmt::format("{}: an earlier append or sync failed, expected a new appender", path_));
  }

  const std::string path_;
  const FileDescriptor file_;
  bool failed_ = false;
};

Result<FileDescriptor> CreateFile(const RootDirectory& root, const ObjectKey& key) {
  ICEFALL_ASSIGN_OR_RETURN(const FileDescriptor folder, root.MakeFolder(FolderOf(key)));
  FileDescriptor file(::openat(folder.get(), std::string(NameOf(key)).c_str(),
                               O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               kFileMode));
  if (!file.valid()) return Fail(PosixError(root.PathOf(key), "create", errno));
  return file;
}

}  // namespace

Result<std::unique_ptr<ObjectAppender>> OpenLocalAppender(const RootDirectory& root,
                                                          const ObjectKey& key) {
  for (int round = 0; round < kOpenRoundsMax; ++round) {
    Result<LocalFile> existing = OpenLocalFile(root, key, O_RDWR | O_APPEND);
    if (existing) {
      // Whoever made an empty file may have stopped before its name was durable.
      if (existing->status.st_size == 0) ICEFALL_RETURN_IF_ERROR(root.SyncFolder(FolderOf(key)));
      return std::make_unique<LocalAppender>(root.PathOf(key), std::move(existing->descriptor));
    }
    if (existing.error().code() != ErrorCode::kNotFound) return Fail(existing.error());
    Result<FileDescriptor> created = CreateFile(root, key);
    if (!created && created.error().code() == ErrorCode::kAlreadyExists) {
      if (root.OpenFolder(key)) {
        return Fail(
            ErrorCode::kInvalidArgument,
            fmt::format("{}: expected an object or nothing, found a folder", root.PathOf(key)));
      }
      continue;
    }
    ICEFALL_RETURN_IF_ERROR(created);
    ICEFALL_RETURN_IF_ERROR(root.SyncFolder(FolderOf(key)));
    return std::make_unique<LocalAppender>(root.PathOf(key), *std::move(created));
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: created and deleted by others {} times while being opened",
                          root.PathOf(key), kOpenRoundsMax));
}

}  // namespace icefall
