// A lock between processes, and a page of memory that they share: one small file does both.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"

namespace icefall {

// Holds the file open and mapped. The lock ends with the process at the latest, however that ends.
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
  Result<void> Acquire();
  void Release();

  // Zero in a new file. Read-only when opened so.
  void* page() const { return page_; }
  // Identifies the file: a copy has another.
  uint64_t inode() const { return inode_; }

 private:
  FileLock(std::string path, int descriptor, void* page, uint64_t inode)
      : path_(std::move(path)), descriptor_(descriptor), page_(page), inode_(inode) {}

  const std::string path_;
  const int descriptor_;
  void* const page_;
  const uint64_t inode_;
};

}  // namespace icefall
