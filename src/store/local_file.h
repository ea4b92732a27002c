// What the calls of LocalStore share: opening, locking and writing the file of one object.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/result.h"
#include "store/file_descriptor.h"
#include "store/object_store.h"
#include "store/root_directory.h"

namespace icefall {

// Names of unfinished files; no valid key has such a segment.
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

struct LocalFile {
  FileDescriptor descriptor;
  struct stat status = {};
};

// Inode, size and modification time in nanoseconds.
ObjectVersion VersionOf(const struct stat& status);
int64_t ModifiedNanosOf(const struct stat& status);
ObjectInfo InfoOf(std::string_view key, const struct stat& status);

// Opens the regular file of a valid key. Errors: kNotFound, also when it is a folder;
// kInvalidArgument when it is neither.
Result<LocalFile> OpenLocalFile(const RootDirectory& root, std::string_view key, int flags);

// The file at `key`, locked against every other LockLocalFile in any process or thread until its
// descriptor closes, with the status that it has under the lock; nothing when absent.
Result<std::optional<LocalFile>> LockLocalFile(const RootDirectory& root, std::string_view key);

Result<void> WriteAll(const FileDescriptor& descriptor, std::string_view bytes,
                      std::string_view path);

}  // namespace icefall
