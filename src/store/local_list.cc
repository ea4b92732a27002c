#include "store/local_list.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "store/local_file.h"
#include "store/posix_error.h"

namespace icefall {
namespace {

struct Entry {
  // Of a folder with a '/' at the end: so sorted, entries ascend as the keys below them do.
  std::string name;
  bool is_folder = false;
};

Result<Entry> MakeEntry(int folder, const dirent& found, std::string_view path) {
  Entry entry{found.d_name, found.d_type == DT_DIR};
  if (found.d_type == DT_UNKNOWN) {
    struct stat status = {};
    if (::fstatat(folder, found.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      entry.is_folder = S_ISDIR(status.st_mode);
    } else if (errno != ENOENT) {
      return Fail(PosixError(path, "fstatat", errno));
    }
  }
  if (entry.is_folder) entry.name.push_back('/');
  return entry;
}

// The entries of an open folder, all but "." and "..".
Result<std::vector<Entry>> ReadFolder(FileDescriptor folder, std::string_view path) {
  const int number = folder.get();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(number), ::closedir);
  if (stream == nullptr) return Fail(PosixError(path, "fdopendir", errno));
  folder.Release();
  std::vector<Entry> entries;
  for (;;) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    if (found == nullptr) break;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    ICEFALL_ASSIGN_OR_RETURN(Entry entry, MakeEntry(number, *found, path));
    entries.push_back(std::move(entry));
  }
  if (errno != 0) return Fail(PosixError(path, "readdir", errno));
  return entries;
}

class Lister {
 public:
  Lister(const RootDirectory& root, const ListRequest& request) : root_(root), request_(request) {}

  // Adds what `folder` holds ("" or with a '/' at the end). The depth is bounded by the length that
  // a key may have.
  Result<void> Visit(const std::string& folder) {
    const std::string_view path = std::string_view(folder).substr(0, folder.rfind('/'));
    Result<FileDescriptor> opened = root_.OpenFolder(folder.empty() ? folder : path);
    // Removed in the meantime, or never there.
    if (!opened && opened.error().code() == ErrorCode::kNotFound) return {};
    ICEFALL_RETURN_IF_ERROR(opened);
    const int descriptor = opened->get();
    // A second one for the stream, which takes over and closes what it reads from.
    FileDescriptor for_stream(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!for_stream.valid()) return Fail(PosixError(root_.PathOf(path), "dup", errno));
    ICEFALL_ASSIGN_OR_RETURN(std::vector<Entry> entries,
                             ReadFolder(std::move(for_stream), root_.PathOf(path)));
    std::erase_if(entries, [&](const Entry& entry) { return !MayHoldKeys(folder, entry); });
    std::sort(entries.begin(), entries.end(),
              [](const Entry& left, const Entry& right) { return left.name < right.name; });
    for (const Entry& entry : entries) {
      if (infos_.size() >= request_.limit) return {};
      if (entry.is_folder) {
        ICEFALL_RETURN_IF_ERROR(Visit(folder + entry.name));
      } else {
        ICEFALL_RETURN_IF_ERROR(AddFile(descriptor, folder, entry.name));
      }
    }
    return {};
  }

  std::vector<ObjectInfo> Take() { return std::move(infos_); }

 private:
  bool MayHoldKeys(const std::string& folder, const Entry& entry) const {
    const std::string key = folder + entry.name;
    const std::string_view without_slash =
        std::string_view(key).substr(0, key.size() - (entry.is_folder ? 1 : 0));
    if (!ValidateKey(without_slash)) return false;
    if (!entry.is_folder) return key.starts_with(request_.prefix) && key > request_.start_after;
    if (request_.shallow) return false;
    return key.starts_with(request_.prefix) &&
           (key > request_.start_after || request_.start_after.starts_with(key));
  }

  Result<void> AddFile(int descriptor, const std::string& folder, const std::string& name) {
    struct stat status = {};
    if (::fstatat(descriptor, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return {};
      return Fail(PosixError(root_.PathOf(folder + name), "fstatat", errno));
    }
    if (S_ISREG(status.st_mode)) infos_.push_back(InfoOf(folder + name, status));
    return {};
  }

  const RootDirectory& root_;
  const ListRequest& request_;
  std::vector<ObjectInfo> infos_;
};

Result<uint64_t> RemoveAbandonedBelow(const RootDirectory& root, const std::string& folder,
                                      TimestampMicros started_before) {
  Result<FileDescriptor> opened = root.OpenFolder(folder);
  if (!opened && opened.error().code() == ErrorCode::kNotFound) return 0;
  ICEFALL_RETURN_IF_ERROR(opened);
  FileDescriptor for_stream(::fcntl(opened->get(), F_DUPFD_CLOEXEC, 0));
  if (!for_stream.valid()) return Fail(PosixError(root.PathOf(folder), "dup", errno));
  ICEFALL_ASSIGN_OR_RETURN(const std::vector<Entry> entries,
                           ReadFolder(std::move(for_stream), root.PathOf(folder)));
  uint64_t removed_count = 0;
  for (const Entry& entry : entries) {
    if (entry.is_folder) {
      std::string child = folder.empty() ? entry.name : folder + "/" + entry.name;
      child.pop_back();
      if (!ValidateKey(child)) continue;
      ICEFALL_ASSIGN_OR_RETURN(const uint64_t removed_below,
                               RemoveAbandonedBelow(root, child, started_before));
      removed_count += removed_below;
      continue;
    }
    struct stat status = {};
    if (!entry.name.starts_with(kTemporaryPrefix) ||
        ::fstatat(opened->get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode) || ModifiedNanosOf(status) / 1000 >= started_before) {
      continue;
    }
    if (::unlinkat(opened->get(), entry.name.c_str(), 0) == 0) {
      ++removed_count;
    } else if (errno != ENOENT) {
      return Fail(PosixError(root.PathOf(folder) + "/" + entry.name, "unlink", errno));
    }
  }
  return removed_count;
}

}  // namespace

Result<std::vector<ObjectInfo>> ListLocalFiles(const RootDirectory& root,
                                               const ListRequest& request) {
  const std::string_view folder = FolderOf(request.prefix);
  // No key can begin like that.
  if (request.prefix.find('/') != std::string::npos && !ValidateKey(folder)) {
    return std::vector<ObjectInfo>();
  }
  Lister lister(root, request);
  ICEFALL_RETURN_IF_ERROR(lister.Visit(folder.empty() ? "" : std::string(folder) + "/"));
  return lister.Take();
}

Result<uint64_t> RemoveAbandonedFiles(const RootDirectory& root, TimestampMicros started_before) {
  return RemoveAbandonedBelow(root, "", started_before);
}

}  // namespace icefall
