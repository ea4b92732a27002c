#include "store/cache/range_cache.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "store/file_descriptor.h"
#include "store/local_file.h"
#include "store/posix_error.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

// In front of the bytes. A file of another machine's byte order does not begin with it.
struct Header {
  uint64_t magic = 0x3145484341434649;  // "IFCACHE1"
  uint64_t size_bytes = 0;
  uint32_t crc32 = 0;
  uint32_t reserved = 0;
};

constexpr uint64_t kFileCostBytes = 4096;
// Used again this soon, a file needs no new date.
constexpr int64_t kDateSeconds = 60;
// Unfinished files of dead writers.
constexpr auto kUnfinishedMax = std::chrono::hours(1);

struct File {
  fs::path path;
  fs::file_time_type used_at;
  uint64_t size_bytes = 0;
};

bool IsUnfinished(const fs::path& path) {
  return path.filename().string().starts_with(kTemporaryPrefix);
}

std::vector<File> FilesIn(const std::string& directory) {
  std::vector<File> files;
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  fs::recursive_directory_iterator entry(directory, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    // A file that another process has just removed has no size.
    std::error_code gone;
    if (entry.depth() == 0 || !entry->is_regular_file(gone)) continue;
    File file{entry->path(), entry->last_write_time(gone), 0};
    if (!gone) file.size_bytes = entry->file_size(gone) + kFileCostBytes;
    if (gone) continue;
    if (!IsUnfinished(file.path)) {
      files.push_back(std::move(file));
    } else if (now - file.used_at > kUnfinishedMax) {
      fs::remove(file.path, gone);
    }
  }
  return files;
}

}  // namespace

Result<std::unique_ptr<RangeCache>> RangeCache::Open(RangeCacheOptions options) {
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (!error && ::access(options.directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  if (error) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("cache directory '{}': expected one that can be written, found: {}",
                            options.directory, error.message()));
  }
  return std::unique_ptr<RangeCache>(new RangeCache(std::move(options)));
}

std::string RangeCache::PathOf(std::string_view name) const {
  const std::string hash = Sha256Hex(name);
  return fmt::format("{}/{}/{}", options_.directory, hash.substr(0, 2), hash.substr(2));
}

std::optional<std::string> RangeCache::Find(std::string_view name) {
  const std::string path = PathOf(name);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status = {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return std::nullopt;
  Header header;
  const Header expected;
  const auto size_bytes = static_cast<uint64_t>(status.st_size);
  const bool has_header =
      ::pread(file.get(), &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header) &&
      header.magic == expected.magic && size_bytes == sizeof header + header.size_bytes;
  std::string bytes(has_header ? header.size_bytes : 0, '\0');
  uint64_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::pread(file.get(), bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(sizeof header + done));
    if (count <= 0) break;
    done += static_cast<uint64_t>(count);
  }
  if (!has_header || done != bytes.size() || Crc32(bytes) != header.crc32) {
    ::unlink(path.c_str());
    return std::nullopt;
  }
  if (SystemClock().NowMicros() / 1'000'000 - status.st_mtim.tv_sec > kDateSeconds) {
    ::futimens(file.get(), nullptr);
  }
  return bytes;
}

void RangeCache::Keep(std::string_view name, std::string_view bytes) {
  if (bytes.size() > options_.size_bytes_max / 4) return;
  const std::string path = PathOf(name);
  const std::string folder = path.substr(0, path.rfind('/'));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return;
  const std::string unfinished =
      fmt::format("{}/{}{}", folder, kTemporaryPrefix, NewUuid(SystemClock()));
  FileDescriptor file(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return;
  Header header;
  header.size_bytes = bytes.size();
  header.crc32 = Crc32(bytes);
  const std::string_view head(reinterpret_cast<const char*>(&header), sizeof header);
  if (!WriteAll(file, head, unfinished) || !WriteAll(file, bytes, unfinished) ||
      ::rename(unfinished.c_str(), path.c_str()) != 0) {
    ::unlink(unfinished.c_str());
    return;
  }
  kept_bytes_ += bytes.size() + kFileCostBytes;
  // What others kept is unknown at first.
  if (!was_trimmed_.exchange(true) || kept_bytes_ > options_.size_bytes_max / 16) Trim();
}

void RangeCache::Trim() {
  const std::unique_lock one_of_this_process(trim_mutex_, std::try_to_lock);
  if (!one_of_this_process) return;
  const std::string lock_path = options_.directory + "/lock";
  const FileDescriptor lock(
      ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  kept_bytes_ = 0;
  std::vector<File> files = FilesIn(options_.directory);
  uint64_t size_bytes = 0;
  for (const File& file : files) size_bytes += file.size_bytes;
  if (size_bytes <= options_.size_bytes_max) return;
  std::ranges::sort(files, {}, &File::used_at);
  // Some room, so that this is not done again at once.
  const uint64_t wanted = options_.size_bytes_max - options_.size_bytes_max / 8;
  for (const File& file : files) {
    if (size_bytes <= wanted) return;
    std::error_code gone;
    fs::remove(file.path, gone);
    size_bytes -= file.size_bytes;
  }
}

}  // namespace icefall
