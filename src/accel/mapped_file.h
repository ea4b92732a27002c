// A file's bytes as memory, read by whoever touches them first.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace icefall {

// Immutable; the file may be removed meanwhile, but must not be written to.
class MappedFile {
 public:
  // Null when the file cannot be opened, is empty or cannot be mapped.
  static std::shared_ptr<const MappedFile> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(memory_), size_bytes_}; }

 private:
  MappedFile(void* memory, size_t size_bytes) : memory_(memory), size_bytes_(size_bytes) {}

  void* const memory_;
  const size_t size_bytes_;
};

using MappedFilePointer = std::shared_ptr<const MappedFile>;

}  // namespace icefall
