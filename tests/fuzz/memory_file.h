// A file that is only in memory, for readers that want a path.
#pragma once

#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz_target.h"

namespace icefall::fuzz {

class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    Require(descriptor_ >= 0, "no file in memory");
    for (size_t written = 0; written < size;) {
      const ssize_t count = ::write(descriptor_, data + written, size - written);
      Require(count > 0, "a file in memory takes no bytes");
      written += static_cast<size_t>(count);
    }
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  const int descriptor_;
};

}  // namespace icefall::fuzz
