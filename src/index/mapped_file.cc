#include "index/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace icefall {
namespace {

class MappedBytes : public StoredBytes {
 public:
  MappedBytes(void* begin, size_t size) : begin_(begin), size_(size) {}
  ~MappedBytes() override { ::munmap(begin_, size_); }
  std::string_view view() const override { return {static_cast<const char*>(begin_), size_}; }

 private:
  void* begin_;
  size_t size_;
};

class KeptBytes : public StoredBytes {
 public:
  explicit KeptBytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view view() const override { return bytes_; }

 private:
  const std::string bytes_;
};

std::unexpected<Error> Failed(const std::string& path, const char* call) {
  const int number = errno;
  return Fail(number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
              fmt::format("{}: {}: {}", path, call, std::strerror(number)));
}

}  // namespace

Result<std::unique_ptr<StoredBytes>> MapFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Failed(path, "open");
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0 || status.st_size == 0) {
    ::close(descriptor);
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: expected a file with bytes", path));
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* begin = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  const int number = errno;
  ::close(descriptor);
  errno = number;
  if (begin == MAP_FAILED) return Failed(path, "mmap");
  return std::make_unique<MappedBytes>(begin, size);
}

std::unique_ptr<StoredBytes> KeepBytes(std::string bytes) {
  return std::make_unique<KeptBytes>(std::move(bytes));
}

}  // namespace icefall
