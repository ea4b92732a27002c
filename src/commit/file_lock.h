// Locks between processes, and a page of memory that they share: one small file does both.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"

namespace icefall {

// The locks of one file, which know nothing of each other: a byte each.
enum class LockByte : int64_t { kAppend = 0, kSync = 1 };

// Holds the file open and mapped. A lock ends with the process at the latest, however that ends.
// Not thread-safe, but the page may be read at any time.
class FileLock {
 public:
  static constexpr size_t kPageSizeBytes = 4096;

  // Makes the file when it is missing. Errors: kPermissionDenied; kResourceExhausted; kUnavailable.
  static Result<std::unique_ptr<FileLock>> Open(const std::string& path, bool read_only);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // Waits for the lock. Error: kUnavailable when the file was replaced since Open: open it again.
  Result<void> Acquire(LockByte byte);
  // False when another has it now.
  Result<bool> TryAcquire(LockByte byte);
  void Release(LockByte byte);

  // Zero in a new file. Read-only when opened so.
  void* page() const { return page_; }
  // Identifies the file: a copy has another.
  uint64_t inode() const { return inode_; }

 private:
  Result<void> CheckNotReplaced(LockByte byte);

  FileLock(std::string path, int descriptor, void* page, uint64_t inode)
      : path_(std::move(path)), descriptor_(descriptor), page_(page), inode_(inode) {}

  const std::string path_;
  const int descriptor_;
  void* const page_;
  const uint64_t inode_;
};

}  // namespace icefall
