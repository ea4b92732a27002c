#include "accel/derived_files.h"

#include <algorithm>
#include <atomic>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

namespace icefall {

namespace fs = std::filesystem;

void RemoveDerivedFile(ObjectStore& store, const ObjectKey& key) {
  // Not by the store's Delete, which waits for locks of those who read.
  if (!store.Stat(key)) return;
  const auto path = store.ExternalPath(key);
  std::error_code ignored;
  if (path) fs::remove(*path, ignored);
}

DerivedFiles::DerivedFiles(ObjectStore& store, std::string_view folder) {
  if (!store.capabilities().external_path) return;
  // A key whose folder is there, because the store would make any other.
  const auto path = store.ExternalPath("_catalog/lock");
  if (path) folder_ = (fs::path(*path).parent_path().parent_path() / folder).string();
}

std::string DerivedFiles::PathOf(std::string_view name) const {
  return fmt::format("{}/{}", folder_, name);
}

std::vector<DerivedFile> DerivedFiles::List() const {
  std::vector<DerivedFile> files;
  if (!enabled()) return files;
  std::error_code failed;
  for (fs::directory_iterator it(folder_, failed), end; !failed && it != end;
       it.increment(failed)) {
    std::error_code gone;
    DerivedFile file{it->path(), it->file_size(gone), it->last_write_time(gone)};
    if (!gone) files.push_back(std::move(file));
  }
  return files;
}

bool DerivedFiles::Save(std::string_view name, std::string_view bytes,
                        uint64_t budget_bytes) const {
  if (!enabled() || bytes.size() > budget_bytes) return false;
  MakeRoom(bytes.size(), budget_bytes);
  const std::string path = PathOf(name);
  std::error_code failed;
  // One by one: a database that was removed must not come back.
  fs::create_directory(fs::path(folder_).parent_path(), failed);
  if (!failed) fs::create_directory(folder_, failed);
  if (failed) return false;
  // Unfinished files have a name that nobody looks for.
  static std::atomic<uint64_t> counter = 0;
  const std::string unfinished = fmt::format("{}.{}.{}", path, ::getpid(), ++counter);
  {
    std::ofstream out(unfinished, std::ios::binary);
    out << bytes;
    out.flush();
    if (!out) failed = std::make_error_code(std::errc::io_error);
  }
  if (!failed) fs::rename(unfinished, path, failed);
  std::error_code ignored;
  if (failed) fs::remove(unfinished, ignored);
  return !failed;
}

void DerivedFiles::MarkUsed(std::string_view name) const {
  std::error_code ignored;
  fs::last_write_time(PathOf(name), fs::file_time_type::clock::now(), ignored);
}

void DerivedFiles::Remove(std::string_view name) const {
  std::error_code ignored;
  if (enabled()) fs::remove(PathOf(name), ignored);
}

void DerivedFiles::RemoveAll() const {
  std::error_code ignored;
  for (const auto& file : List()) fs::remove(file.path, ignored);
}

DerivedFiles::Usage DerivedFiles::usage() const {
  Usage usage;
  for (const auto& file : List()) {
    ++usage.files;
    usage.bytes += file.size_bytes;
  }
  return usage;
}

void DerivedFiles::MakeRoom(uint64_t size_bytes, uint64_t budget_bytes) const {
  const std::lock_guard lock(mutex_);
  unlisted_bytes_ += size_bytes;
  if (known_bytes_) {
    *known_bytes_ += size_bytes;
    if (*known_bytes_ <= budget_bytes && unlisted_bytes_ <= budget_bytes / 8) return;
  }
  auto files = List();
  uint64_t total = size_bytes;
  for (const auto& file : files) total += file.size_bytes;
  std::ranges::sort(files, {}, &DerivedFile::used);
  std::error_code ignored;
  for (const auto& file : files) {
    if (total <= budget_bytes) break;
    fs::remove(file.path, ignored);
    total -= file.size_bytes;
  }
  known_bytes_ = total;
  unlisted_bytes_ = 0;
}

}  // namespace icefall
