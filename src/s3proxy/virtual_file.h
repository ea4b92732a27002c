// The files that a virtual bucket shows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace icefall::s3proxy {

// The bytes of one file. They never change. Thread-safe.
class FileContent {
 public:
  virtual ~FileContent() = default;
  virtual uint64_t size_bytes() const = 0;
  virtual const std::string& etag() const = 0;  // quoted
  // Errors: kNotFound when the stored object is gone; the store's.
  virtual Result<std::string> Read(uint64_t offset, uint64_t size_bytes) = 0;
};
using FileContentPointer = std::shared_ptr<FileContent>;

struct FileFacts {
  uint64_t size_bytes = 0;
  std::string etag;  // quoted
};

// A key names the same bytes for ever. Thread-safe.
class VirtualFile {
 public:
  VirtualFile(std::string key, TimestampMicros modified_at)
      : key_(std::move(key)), modified_at_(modified_at) {}
  virtual ~VirtualFile() = default;

  const std::string& key() const { return key_; }
  TimestampMicros modified_at() const { return modified_at_; }
  // Both may have to make the file first. Errors: why that is not possible.
  virtual Result<FileFacts> Facts() = 0;
  virtual Result<FileContentPointer> Open() = 0;

 private:
  const std::string key_;
  const TimestampMicros modified_at_;
};
using VirtualFilePointer = std::shared_ptr<VirtualFile>;

// All files at one point. Immutable.
struct TableView {
  // Of the source's own count: asked for again, it gives the same files while the source has them.
  uint64_t point = 0;
  std::vector<VirtualFilePointer> files;  // ascending keys
  // Null when there is none.
  const VirtualFilePointer* Find(std::string_view key) const;
};
using TableViewPointer = std::shared_ptr<const TableView>;

// A table, or several. Thread-safe.
class FileSource {
 public:
  virtual ~FileSource() = default;
  // The files now, or at the fixed time that the source has. May answer the same view again.
  virtual Result<TableViewPointer> Current() = 0;
  // Error: kNotFound when the point is gone.
  virtual Result<TableViewPointer> At(uint64_t point) = 0;
  // What Current answers never changes.
  virtual bool is_fixed() const = 0;
};
using FileSourcePointer = std::shared_ptr<FileSource>;

}  // namespace icefall::s3proxy
