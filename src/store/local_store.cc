#include "store/local_store.h"

#include <cerrno>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "store/local_appender.h"
#include "store/local_file.h"
#include "store/local_list.h"
#include "store/local_put.h"
#include "store/posix_error.h"

namespace icefall {
namespace {

Result<std::string> ReadRange(const LocalFile& file, const std::string& path, uint64_t offset,
                              uint64_t size_bytes) {
  std::string bytes;
  ssize_t got = 1;
  int number = 0;
  // libstdc++ hands over the capacity, which is larger for 16 to 29 bytes.
  bytes.resize_and_overwrite(size_bytes, [&](char* buffer, size_t) {
    size_t filled = 0;
    while (filled < size_bytes && got != 0) {
      got = ::pread(file.descriptor.get(), buffer + filled, size_bytes - filled,
                    static_cast<off_t>(offset + filled));
      if (got > 0) filled += static_cast<size_t>(got);
      if (got < 0 && errno != EINTR) {
        number = errno;
        break;
      }
    }
    return filled;
  });
  if (number != 0) return Fail(PosixError(path, "read", number));
  if (bytes.size() == size_bytes) return bytes;
  return Fail(ErrorCode::kOutOfRange,
              fmt::format("{}: cut to {} bytes while {} were read at offset {}", path,
                          offset + bytes.size(), size_bytes, offset));
}

}  // namespace

LocalStore::LocalStore(std::unique_ptr<RootDirectory> root) : root_(std::move(root)) {}

Result<std::unique_ptr<LocalStore>> LocalStore::Open(const std::string& path) {
  ICEFALL_ASSIGN_OR_RETURN(std::unique_ptr<RootDirectory> root, RootDirectory::Open(path));
  return std::make_unique<LocalStore>(std::move(root));
}

Result<std::unique_ptr<LocalStore>> LocalStore::Create(const std::string& path) {
  ICEFALL_ASSIGN_OR_RETURN(std::unique_ptr<RootDirectory> root, RootDirectory::Create(path));
  return std::make_unique<LocalStore>(std::move(root));
}

Result<ObjectVersion> LocalStore::Put(const ObjectKey& key, std::string_view bytes,
                                      const PutCondition& condition) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  return PutLocalFile(*root_, key, bytes, condition);
}

Result<std::string> LocalStore::Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  ICEFALL_ASSIGN_OR_RETURN(const LocalFile file, OpenLocalFile(*root_, key, O_RDONLY));
  const uint64_t found = static_cast<uint64_t>(file.status.st_size);
  if (offset > found || size_bytes > found - offset) {
    return Fail(ErrorCode::kOutOfRange,
                fmt::format("{}: expected {} bytes at offset {}, found {} bytes in all",
                            root_->PathOf(key), size_bytes, offset, found));
  }
  return ReadRange(file, root_->PathOf(key), offset, size_bytes);
}

Result<std::string> LocalStore::ReadToEnd(const ObjectKey& key, uint64_t offset) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  ICEFALL_ASSIGN_OR_RETURN(const LocalFile file, OpenLocalFile(*root_, key, O_RDONLY));
  const uint64_t found = static_cast<uint64_t>(file.status.st_size);
  if (offset > found) {
    return Fail(ErrorCode::kOutOfRange, fmt::format("{}: expected {} bytes or more, found {}",
                                                    root_->PathOf(key), offset, found));
  }
  return ReadRange(file, root_->PathOf(key), offset, found - offset);
}

Result<ObjectInfo> LocalStore::Stat(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  ICEFALL_ASSIGN_OR_RETURN(const LocalFile file, OpenLocalFile(*root_, key, O_PATH));
  return InfoOf(key, file.status);
}

Result<std::vector<ObjectInfo>> LocalStore::List(const ListRequest& request) {
  return ListLocalFiles(*root_, request);
}

Result<void> LocalStore::Delete(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  // Under the lock, or it could fall between the comparison and the rename of a conditional Put.
  ICEFALL_ASSIGN_OR_RETURN(const std::optional<LocalFile> file, LockLocalFile(*root_, key));
  if (!file) return {};
  ICEFALL_ASSIGN_OR_RETURN(const FileDescriptor folder, root_->OpenFolder(FolderOf(key)));
  if (::unlinkat(folder.get(), std::string(NameOf(key)).c_str(), 0) != 0 && errno != ENOENT) {
    return Fail(PosixError(root_->PathOf(key), "unlink", errno));
  }
  return {};
}

Result<std::unique_ptr<ObjectAppender>> LocalStore::OpenAppender(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  return OpenLocalAppender(*root_, key);
}

Result<void> LocalStore::Persist(const std::vector<ObjectKey>& keys) {
  std::set<std::string_view> folders;
  for (const ObjectKey& key : keys) {
    ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
    ICEFALL_ASSIGN_OR_RETURN(const LocalFile file, OpenLocalFile(*root_, key, O_RDONLY));
    if (::fdatasync(file.descriptor.get()) != 0) {
      return Fail(PosixError(root_->PathOf(key), "fdatasync", errno));
    }
    folders.insert(FolderOf(key));
  }
  for (const std::string_view folder : folders) ICEFALL_RETURN_IF_ERROR(root_->SyncFolder(folder));
  return {};
}

Result<std::string> LocalStore::ExternalPath(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  ICEFALL_RETURN_IF_ERROR(root_->MakeFolder(FolderOf(key)));
  // The other library would follow a link, so it is refused here.
  Result<LocalFile> file = OpenLocalFile(*root_, key, O_PATH);
  if (!file && file.error().code() != ErrorCode::kNotFound) return Fail(file.error());
  return root_->PathOf(key);
}

Result<uint64_t> LocalStore::RemoveAbandoned(TimestampMicros started_before) {
  return RemoveAbandonedFiles(*root_, started_before);
}

}  // namespace icefall
