#include "store/local_appender.h"

#include <algorithm>
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
constexpr uint64_t kRewriteBlockBytes = 1024 * 1024;

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

  Result<void> Rewrite(uint64_t offset) override {
    ICEFALL_RETURN_IF_ERROR(RefuseAfterFailure());
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t size_bytes, SizeBytes());
    if (offset > size_bytes) {
      return Fail(
          ErrorCode::kOutOfRange,
          fmt::format("{}: cannot write again from byte {}, found {}", path_, offset, size_bytes));
    }
    auto rewritten = WriteAgain(offset, size_bytes);
    failed_ = !rewritten.has_value();
    return failed_ ? rewritten : Sync();
  }

 private:
  Result<void> WriteAgain(uint64_t offset, uint64_t size_bytes) {
    // With O_APPEND the kernel would write at the end, wherever it is asked to.
    const int flags = ::fcntl(file_.get(), F_GETFL);
    if (flags < 0 || ::fcntl(file_.get(), F_SETFL, flags & ~O_APPEND) != 0) {
      return Fail(PosixError(path_, "fcntl", errno));
    }
    auto copied = CopyOntoItself(offset, size_bytes);
    if (::fcntl(file_.get(), F_SETFL, flags) != 0) return Fail(PosixError(path_, "fcntl", errno));
    return copied;
  }

  Result<void> CopyOntoItself(uint64_t offset, uint64_t size_bytes) {
    std::string block;
    while (offset < size_bytes) {
      block.resize(std::min<uint64_t>(size_bytes - offset, kRewriteBlockBytes));
      const ssize_t read =
          ::pread(file_.get(), block.data(), block.size(), static_cast<off_t>(offset));
      if (read < 0 && errno == EINTR) continue;
      if (read <= 0) return Fail(PosixError(path_, "pread", read == 0 ? EIO : errno));
      const auto count = static_cast<size_t>(read);
      const ssize_t written =
          ::pwrite(file_.get(), block.data(), count, static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return Fail(PosixError(path_, "pwrite", written == 0 ? EIO : errno));
      offset += static_cast<uint64_t>(written);
    }
    return {};
  }

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
