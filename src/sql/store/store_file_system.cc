#include "sql/store/store_file_system.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "sql/errors.h"

namespace icefall {
namespace {

struct StoreFileHandle : public duckdb::FileHandle {
  StoreFileHandle(duckdb::FileSystem& system, const duckdb::string& file_path,
                  duckdb::FileOpenFlags open_flags, StoreMounts::Place file_place)
      : FileHandle(system, file_path, open_flags), place(std::move(file_place)) {}

  void Close() override {
    if (writer == nullptr) return;
    const auto finished = std::exchange(writer, nullptr);
    Unwrap(finished->Finish());
    if (written_hash != nullptr) *written_hash = hash.FinishHex();
  }

  uint64_t SizeBytes() {
    if (!size_bytes) size_bytes = Unwrap(place.store().Stat(place.key)).size_bytes;
    return *size_bytes;
  }

  const StoreMounts::Place place;
  std::unique_ptr<ObjectWriter> writer;  // null for one that reads, and after Close
  std::optional<uint64_t> size_bytes;    // of one that reads, once it is known
  SmallFiles::Bytes whole;               // null: it is read by ranges
  uint64_t position = 0;
  StoreMounts::WrittenHash written_hash;  // null: nobody wants it
  Sha256 hash;                            // of what was written, if somebody does
};

// A file that was cut is told apart from one that never was of this format. Logs of others may say
// less than there is.
void CheckSize(const std::string& path, std::optional<uint64_t> expected, uint64_t found) {
  if (!expected || *expected <= found) return;
  throw duckdb::IOException("%s: expected %llu bytes, found %llu", path, *expected, found);
}

StoreFileHandle& Of(duckdb::FileHandle& handle) { return handle.Cast<StoreFileHandle>(); }

std::vector<std::string> Texts(const duckdb::Value& list) {
  std::vector<std::string> texts;
  for (const auto& text : duckdb::ListValue::GetChildren(list)) texts.push_back(text.ToString());
  return texts;
}

}  // namespace

duckdb::unique_ptr<duckdb::FileHandle> StoreFileSystem::OpenFileExtended(
    const duckdb::OpenFileInfo& file, duckdb::FileOpenFlags flags,
    duckdb::optional_ptr<duckdb::FileOpener>) {
  auto handle =
      duckdb::make_uniq<StoreFileHandle>(*this, file.path, flags, Unwrap(mounts_->Find(file.path)));
  if (flags.OpenForWriting()) {
    if (flags.OpenForReading() || flags.OpenForAppending()) {
      throw duckdb::NotImplementedException(
          "%s: expected a file to be only read, or written anew; objects cannot be changed",
          file.path);
    }
    handle->writer = Unwrap(handle->place.store().OpenWriter(handle->place.key));
    handle->written_hash = mounts_->FindWrittenHash(file.path);
    return handle;
  }
  handle->whole = mounts_->FindSmall(file.path);
  if (handle->whole == nullptr && file.extended_info) {
    const auto& options = file.extended_info->options;
    if (const auto size = options.find("file_size"); size != options.end()) {
      handle->size_bytes = size->second.GetValue<uint64_t>();
    }
    if (const auto small = options.find(kSmallFileNeighbours); small != options.end()) {
      handle->whole = Unwrap(mounts_->ReadSmall(file.path, Texts(small->second)));
      CheckSize(file.path, handle->size_bytes, handle->whole->size());
    }
  }
  if (handle->whole != nullptr) handle->size_bytes = handle->whole->size();
  if (flags.ReturnNullIfNotExists() && !handle->size_bytes) {
    const auto info = handle->place.store().Stat(handle->place.key);
    if (!info && info.error().code() == ErrorCode::kNotFound) return nullptr;
    handle->size_bytes = Unwrap(info).size_bytes;
  }
  return handle;
}

void StoreFileSystem::Read(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes,
                           duckdb::idx_t offset) {
  auto& file = Of(handle);
  if (file.whole != nullptr) {
    const auto size = static_cast<uint64_t>(size_bytes);
    if (offset > file.whole->size() || size > file.whole->size() - offset) {
      throw duckdb::IOException("%s: expected %llu bytes at offset %llu, found %llu bytes in all",
                                file.path, size, offset, file.whole->size());
    }
    std::memcpy(buffer, file.whole->data() + offset, size);
    return;
  }
  const auto bytes =
      Unwrap(file.place.store().Read(file.place.key, offset, static_cast<uint64_t>(size_bytes)));
  std::memcpy(buffer, bytes.data(), bytes.size());
}

int64_t StoreFileSystem::Read(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes) {
  auto& file = Of(handle);
  const uint64_t left = file.SizeBytes() - std::min(file.SizeBytes(), file.position);
  const auto count = static_cast<int64_t>(std::min(static_cast<uint64_t>(size_bytes), left));
  if (count > 0) Read(handle, buffer, count, file.position);
  file.position += static_cast<uint64_t>(count);
  return count;
}

int64_t StoreFileSystem::Write(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes) {
  auto& file = Of(handle);
  if (file.writer == nullptr) throw duckdb::IOException("%s: is not open for writing", file.path);
  const auto size = static_cast<size_t>(size_bytes);
  const std::string_view bytes(static_cast<const char*>(buffer), size);
  Unwrap(file.writer->Write(bytes));
  if (file.written_hash != nullptr) file.hash.Add(bytes);
  file.position += size;
  return size_bytes;
}

void StoreFileSystem::Write(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes,
                            duckdb::idx_t offset) {
  if (offset != Of(handle).position) {
    throw duckdb::NotImplementedException(
        "%s: expected a write at offset %llu, found one at %llu; objects are written in order",
        handle.path, Of(handle).position, offset);
  }
  Write(handle, buffer, size_bytes);
}

int64_t StoreFileSystem::GetFileSize(duckdb::FileHandle& handle) {
  auto& file = Of(handle);
  return static_cast<int64_t>(file.writer != nullptr ? file.position : file.SizeBytes());
}

duckdb::timestamp_t StoreFileSystem::GetLastModifiedTime(duckdb::FileHandle&) {
  return duckdb::timestamp_t(0);  // files never change
}

duckdb::string StoreFileSystem::GetVersionTag(duckdb::FileHandle&) { return ""; }

duckdb::FileType StoreFileSystem::GetFileType(duckdb::FileHandle&) {
  return duckdb::FileType::FILE_TYPE_REGULAR;
}

// Durable is what was closed.
void StoreFileSystem::FileSync(duckdb::FileHandle&) {}

void StoreFileSystem::Seek(duckdb::FileHandle& handle, duckdb::idx_t offset) {
  Of(handle).position = offset;
}

duckdb::idx_t StoreFileSystem::SeekPosition(duckdb::FileHandle& handle) {
  return Of(handle).position;
}

bool StoreFileSystem::FileExists(const duckdb::string& path,
                                 duckdb::optional_ptr<duckdb::FileOpener>) {
  const auto place = mounts_->Find(path);
  if (!place) return false;
  const auto info = place->store().Stat(place->key);
  if (!info && info.error().code() != ErrorCode::kNotFound) ThrowError(info.error());
  return info.has_value();
}

void StoreFileSystem::RemoveFile(const duckdb::string& path,
                                 duckdb::optional_ptr<duckdb::FileOpener>) {
  const auto place = Unwrap(mounts_->Find(path));
  Unwrap(place.store().Delete(place.key));
}

bool StoreFileSystem::TryRemoveFile(const duckdb::string& path,
                                    duckdb::optional_ptr<duckdb::FileOpener> opener) {
  RemoveFile(path, opener);
  return true;
}

}  // namespace icefall
