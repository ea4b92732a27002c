#include "s3proxy/rewrite/rewritten_files.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "store/file_descriptor.h"

namespace icefall::s3proxy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".parquet";
constexpr std::string_view kUnfinished = ".making-";
constexpr size_t kIdentitySize = 64;
constexpr size_t kHashSize = 32;
// Sizes and ETags of more files that are not on disk any more are forgotten.
constexpr size_t kFactsCountMax = 200'000;
constexpr auto kUnfinishedAgeMax = std::chrono::hours(6);

std::unexpected<Error> DiskError(const std::string& what, const std::string& path) {
  return Fail(ErrorCode::kUnavailable, fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

Result<std::string> ReadAt(int file, uint64_t offset, uint64_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  for (uint64_t done = 0; done < size_bytes;) {
    const ssize_t count =
        ::pread(file, bytes.data() + done, size_bytes - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return DiskError("reading", "a rewritten file");
    done += static_cast<uint64_t>(count);
  }
  return bytes;
}

class DiskContent : public FileContent {
 public:
  DiskContent(FileDescriptor file, FileFacts facts)
      : file_(std::move(file)), facts_(std::move(facts)) {}
  uint64_t size_bytes() const override { return facts_.size_bytes; }
  const std::string& etag() const override { return facts_.etag; }
  Result<std::string> Read(uint64_t offset, uint64_t size_bytes) override {
    return ReadAt(file_.get(), offset, size_bytes);
  }

 private:
  const FileDescriptor file_;
  const FileFacts facts_;
};

// Null when it is not there, or not of that size.
FileContentPointer OpenContent(const std::string& path, const FileFacts& facts) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return nullptr;
  if (static_cast<uint64_t>(status.st_size) != facts.size_bytes) return nullptr;
  return std::make_shared<DiskContent>(std::move(file), facts);
}

// Size, and an ETag of the file's SHA-256; the file is durable then.
Result<FileFacts> FactsOf(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return DiskError("opening", path);
  Sha256 hash;
  std::vector<char> piece(1 << 20);
  FileFacts facts;
  for (;;) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return DiskError("reading", path);
    if (count == 0) break;
    hash.Add({piece.data(), static_cast<size_t>(count)});
    facts.size_bytes += static_cast<uint64_t>(count);
  }
  facts.etag = fmt::format("\"{}\"", hash.FinishHex().substr(0, kHashSize));
  if (::fsync(file.get()) != 0) return DiskError("writing", path);
  return facts;
}

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Result<std::unique_ptr<RewrittenFiles>> RewrittenFiles::Open(RewrittenFilesOptions options) {
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (::access(options.directory.c_str(), W_OK | X_OK) != 0) {
    return DiskError("cache directory", options.directory);
  }
  std::unique_ptr<RewrittenFiles> files(new RewrittenFiles(std::move(options)));
  files->FindKept();
  return files;
}

void RewrittenFiles::FindKept() {
  struct Found {
    fs::file_time_type time;
    std::string identity;
    FileFacts facts;
  };
  std::vector<Found> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(options_.directory, error)) {
    const std::string name = entry.path().filename().string();
    const auto time = entry.last_write_time(error);
    if (name.starts_with(kUnfinished)) {
      if (time < fs::file_time_type::clock::now() - kUnfinishedAgeMax) {
        fs::remove(entry.path(), error);
      }
    } else if (name.size() == kIdentitySize + 1 + kHashSize + kSuffix.size() &&
               name.ends_with(kSuffix) && name[kIdentitySize] == '-') {
      const std::string etag = fmt::format("\"{}\"", name.substr(kIdentitySize + 1, kHashSize));
      found.push_back({time, name.substr(0, kIdentitySize), {entry.file_size(error), etag}});
    }
  }
  std::ranges::sort(found, {}, &Found::time);
  const std::lock_guard lock(mutex_);
  for (auto& file : found) Keep(file.identity, std::move(file.facts));
  RemoveOldest();
}

std::string RewrittenFiles::PathOf(const std::string& identity, const FileFacts& facts) const {
  return fmt::format("{}/{}-{}{}", options_.directory, identity,
                     facts.etag.substr(1, facts.etag.size() - 2), kSuffix);
}

void RewrittenFiles::Keep(const std::string& identity, FileFacts facts) {
  auto& kept = kept_[identity];
  if (kept.on_disk) {
    uses_.erase(kept.use);
    counts_.size_bytes -= kept.facts.size_bytes;
    if (kept.facts.etag != facts.etag) ::unlink(PathOf(identity, kept.facts).c_str());
  }
  counts_.size_bytes += facts.size_bytes;
  kept = {std::move(facts), true, uses_.insert(uses_.end(), identity)};
}

void RewrittenFiles::RemoveOldest() {
  // The newest stays however large it is: somebody is about to read it.
  while (counts_.size_bytes > options_.size_bytes_max && uses_.size() > 1) {
    auto& kept = kept_.at(uses_.front());
    ::unlink(PathOf(uses_.front(), kept.facts).c_str());
    counts_.size_bytes -= kept.facts.size_bytes;
    kept.on_disk = false;
    uses_.pop_front();
  }
  if (kept_.size() <= kFactsCountMax) return;
  std::erase_if(kept_, [](const auto& entry) { return !entry.second.on_disk; });
}

FileContentPointer RewrittenFiles::OpenKept(const std::string& identity) {
  const auto found = kept_.find(identity);
  if (found == kept_.end() || !found->second.on_disk) return nullptr;
  auto& kept = found->second;
  auto content = OpenContent(PathOf(identity, kept.facts), kept.facts);
  if (content != nullptr) {
    uses_.splice(uses_.end(), uses_, kept.use);
    ++counts_.found;
    return content;
  }
  // Another process has removed it.
  counts_.size_bytes -= kept.facts.size_bytes;
  uses_.erase(kept.use);
  kept.on_disk = false;
  return nullptr;
}

Result<FileContentPointer> RewrittenFiles::Open(const std::string& identity, const Maker& make) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (auto content = OpenKept(identity)) return content;
    if (!making_.contains(identity) && making_.size() < options_.made_at_once_max) break;
    made_.wait(lock);
  }
  making_.insert(identity);
  lock.unlock();
  const auto begin = std::chrono::steady_clock::now();
  auto made = Make(identity, make);
  lock.lock();
  making_.erase(identity);
  made_.notify_all();
  counts_.made_seconds += SecondsSince(begin);
  ++(made ? counts_.made : counts_.failed);
  if (made) {
    Keep(identity, {(*made)->size_bytes(), (*made)->etag()});
    RemoveOldest();
  }
  return made;
}

Result<FileContentPointer> RewrittenFiles::Make(const std::string& identity, const Maker& make) {
  const std::string path =
      fmt::format("{}/{}{}", options_.directory, kUnfinished, NewUuid(SystemClock()));
  const auto finish = [&]() -> Result<FileContentPointer> {
    ICEFALL_RETURN_IF_ERROR(make(path));
    ICEFALL_ASSIGN_OR_RETURN(const FileFacts facts, FactsOf(path));
    auto content = OpenContent(path, facts);
    if (content == nullptr || ::rename(path.c_str(), PathOf(identity, facts).c_str()) != 0) {
      return DiskError("renaming", path);
    }
    return content;
  };
  auto content = finish();
  if (!content) ::unlink(path.c_str());
  return content;
}

Result<FileFacts> RewrittenFiles::Facts(const std::string& identity, const Maker& make) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = kept_.find(identity); found != kept_.end()) return found->second.facts;
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto content, Open(identity, make));
  return FileFacts{content->size_bytes(), content->etag()};
}

RewrittenFilesCounts RewrittenFiles::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace icefall::s3proxy
