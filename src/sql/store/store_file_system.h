// Data files in an object store, for DuckDB's Parquet reader and writer.
#pragma once

#include <memory>

#include "duckdb/common/file_system.hpp"

#include "sql/store/store_mounts.h"

namespace icefall {

// An option of the file to open, a list of paths: it is small, and these are read along with it.
inline constexpr const char* kSmallFileNeighbours = "small_file_neighbours";

// Serves the paths of `mounts`. A file is written from its beginning to its end and is there, whole
// and durable, when its handle was closed; dropping the handle leaves nothing. Files that are there
// never change. Everything is read by ranges; the size is asked for only where the opener does not
// tell it. A small file is read as a whole.
class StoreFileSystem : public duckdb::FileSystem {
 public:
  explicit StoreFileSystem(std::shared_ptr<StoreMounts> mounts) : mounts_(std::move(mounts)) {}

  duckdb::string GetName() const override { return "IcefallStoreFileSystem"; }
  bool CanHandleFile(const duckdb::string& path) override { return mounts_->IsMounted(path); }
  bool CanSeek() override { return true; }
  bool OnDiskFile(duckdb::FileHandle&) override { return false; }
  bool IsPipe(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {
    return false;
  }

  void Read(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes,
            duckdb::idx_t offset) override;
  int64_t Read(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes) override;
  int64_t Write(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes) override;
  void Write(duckdb::FileHandle& handle, void* buffer, int64_t size_bytes,
             duckdb::idx_t offset) override;
  int64_t GetFileSize(duckdb::FileHandle& handle) override;
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle& handle) override;
  duckdb::string GetVersionTag(duckdb::FileHandle& handle) override;
  duckdb::FileType GetFileType(duckdb::FileHandle& handle) override;
  void FileSync(duckdb::FileHandle& handle) override;
  void Seek(duckdb::FileHandle& handle, duckdb::idx_t offset) override;
  void Reset(duckdb::FileHandle& handle) override { Seek(handle, 0); }
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override;

  bool FileExists(const duckdb::string& path,
                  duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  void RemoveFile(const duckdb::string& path,
                  duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  bool TryRemoveFile(const duckdb::string& path,
                     duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  // Stores have no folders.
  bool DirectoryExists(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {
    return true;
  }
  void CreateDirectory(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {}
  // A path stands for itself.
  duckdb::vector<duckdb::OpenFileInfo> Glob(const duckdb::string& path,
                                            duckdb::FileOpener*) override {
    return {path};
  }

 protected:
  bool SupportsOpenFileExtended() const override { return true; }
  duckdb::unique_ptr<duckdb::FileHandle> OpenFileExtended(
      const duckdb::OpenFileInfo& file, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override;

 private:
  const std::shared_ptr<StoreMounts> mounts_;
};

}  // namespace icefall
