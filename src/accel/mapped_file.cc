#include "accel/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace icefall {

std::shared_ptr<const MappedFile> MappedFile::Open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  struct stat status = {};
  void* memory = MAP_FAILED;
  size_t size_bytes = 0;
  if (::fstat(descriptor, &status) == 0 && status.st_size > 0) {
    size_bytes = static_cast<size_t>(status.st_size);
    memory = ::mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  }
  ::close(descriptor);
  if (memory == MAP_FAILED) return nullptr;
  return std::shared_ptr<const MappedFile>(new MappedFile(memory, size_bytes));
}

MappedFile::~MappedFile() { ::munmap(memory_, size_bytes_); }

}  // namespace icefall
