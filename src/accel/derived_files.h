// A folder of files that are derived from the database: any of them may vanish or be damaged at any
// time, which is the same as not being there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"

namespace icefall {

struct DerivedFile {
  std::filesystem::path path;
  uint64_t size_bytes = 0;
  std::filesystem::file_time_type used;
};

// Thread-safe; other processes may use the same folder. Files are written under another name and
// renamed, without a sync: a machine that stops loses them.
class DerivedFiles {
 public:
  // `folder`: below the database's directory, one level below `_cache`. Where the store has no
  // paths, nothing is kept.
  DerivedFiles(ObjectStore& store, std::string_view folder);

  bool enabled() const { return !folder_.empty(); }
  const std::string& folder() const { return folder_; }  // empty: disabled
  std::string PathOf(std::string_view name) const;

  // Replaces the file of that name, and first removes what was used least recently until all files
  // together take at most `budget_bytes`, so far as this process knows: what others write shows
  // after it has written an eighth of the budget itself. Answers false when nothing was written.
  bool Save(std::string_view name, std::string_view bytes, uint64_t budget_bytes) const;
  // The files used last are the last to go.
  void MarkUsed(std::string_view name) const;
  void Remove(std::string_view name) const;
  void RemoveAll() const;
  // Unfinished ones included.
  std::vector<DerivedFile> List() const;

  struct Usage {
    uint64_t files = 0;
    uint64_t bytes = 0;
  };
  Usage usage() const;

 private:
  void MakeRoom(uint64_t size_bytes, uint64_t budget_bytes) const;

  std::string folder_;
  // To list the folder for each file would cost more with each file.
  mutable std::mutex mutex_;
  mutable std::optional<uint64_t> known_bytes_;  // of all files, when they were listed, and since
  mutable uint64_t unlisted_bytes_ = 0;          // of which this process wrote since
};

// Of one below a database's directory. Whoever reads it reads on; absent is success.
void RemoveDerivedFile(ObjectStore& store, const ObjectKey& key);

}  // namespace icefall
