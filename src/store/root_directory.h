// The files below one directory, and never one outside of it: no symbolic link is followed.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "store/file_descriptor.h"

namespace icefall {

// Safe for concurrent calls. Paths are relative to the root and made of valid key segments; the
// empty one is the root. Every error names the whole path.
class RootDirectory {
 public:
  // How paths are kept inside. kByWalk opens one segment after the other, for kernels and sandboxes
  // without openat2.
  enum class Resolution { kByKernel, kByWalk };

  // Errors: kNotFound; kInvalidArgument when it is empty or not a directory.
  static Result<std::unique_ptr<RootDirectory>> Open(const std::string& path);
  // As Open, after making the directory and its parents durably where they are missing.
  static Result<std::unique_ptr<RootDirectory>> Create(const std::string& path);

  // The absolute path.
  const std::string& path() const { return path_; }
  std::string PathOf(std::string_view relative) const;

  // Opens with `flags` (never blocking, closed on exec). Errors: kNotFound also when a parent is
  // not a folder; kInvalidArgument for a symbolic link anywhere in the path.
  Result<FileDescriptor> OpenFile(std::string_view relative, int flags, mode_t mode = 0) const;
  // Opens a folder. Error: kNotFound, also when it is a file.
  Result<FileDescriptor> OpenFolder(std::string_view folder) const;
  // Opens a folder after making it and its parents where they are missing; SyncFolder makes them
  // durable. Error: kInvalidArgument when one of them is a file.
  Result<FileDescriptor> MakeFolder(std::string_view folder) const;

  // Makes the names in `folder` durable, and the names of the folder and of its parents.
  Result<void> SyncFolder(std::string_view folder) const;

  // Open chooses what the kernel offers. Setting it must not race with other calls.
  Resolution resolution() const { return resolution_; }
  void set_resolution(Resolution resolution) { resolution_ = resolution; }

 private:
  RootDirectory(std::string path, FileDescriptor directory);

  int TryOpen(std::string_view relative, int flags, mode_t mode) const;
  int OpenByWalk(const std::string& relative, int flags, mode_t mode) const;

  const std::string path_;
  const FileDescriptor directory_;
  Resolution resolution_ = Resolution::kByKernel;

  mutable std::mutex mutex_;
  // Folders whose own name this process has seen become durable. Another process may have made a
  // folder and stopped before it synced the parent, so being there is not enough.
  mutable std::set<std::string, std::less<>> durable_folders_;
};

// The part of a key before its last '/', or nothing.
std::string_view FolderOf(std::string_view key);
// The part of a key after its last '/'.
std::string_view NameOf(std::string_view key);

}  // namespace icefall
