#include "sql/write/written_file_hash.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "duckdb/common/exception.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace icefall {
namespace {

// Small enough to stay in the processor's caches between reading and hashing.
constexpr uint64_t kPieceSizeBytes = 256 * 1024;

}  // namespace

void WrittenFileHash::Throw(const char* call) const {
  throw duckdb::IOException("%s: %s: %s", path_, call, std::strerror(errno));
}

void WrittenFileHash::Open() {
  if (buffer_ != nullptr) return;
  file_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (file_.get() < 0) Throw("open");
  buffer_ = std::make_unique_for_overwrite<char[]>(kPieceSizeBytes);
}

uint64_t WrittenFileHash::SizeBytes() const {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) Throw("fstat");
  return static_cast<uint64_t>(info.st_size);
}

void WrittenFileHash::Read(uint64_t end) {
  const uint64_t begin = position_;
  while (position_ < end) {
    const auto got = ::pread(file_.get(), buffer_.get(), std::min(kPieceSizeBytes, end - position_),
                             static_cast<off_t>(position_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Throw("pread");
    if (got == 0) {
      throw duckdb::IOException("%s: expected %llu bytes, found %llu", path_, end, position_);
    }
    hash_.Add({buffer_.get(), static_cast<size_t>(got)});
    position_ += static_cast<uint64_t>(got);
  }
  // A beginning only: what fails here fails in the sync that follows, too.
  ::sync_file_range(file_.get(), static_cast<off_t>(begin), static_cast<off_t>(end - begin),
                    SYNC_FILE_RANGE_WRITE);
}

void WrittenFileHash::Advance() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  Open();
  const uint64_t size_bytes = SizeBytes();
  if (size_bytes - position_ >= kPieceSizeBytes) Read(size_bytes);
}

std::string WrittenFileHash::FinishHex() {
  const std::lock_guard lock(mutex_);
  Open();
  Read(SizeBytes());
  return hash_.FinishHex();
}

}  // namespace icefall
