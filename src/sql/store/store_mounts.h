// Stores whose objects DuckDB does not reach by itself, under paths that it can open.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "sql/store/small_files.h"
#include "store/object_store.h"

namespace icefall {

// Paths are "icefall-store://N/key", N the number of the mount. Thread-safe.
class StoreMounts {
 public:
  // True for paths of mounts, whether or not they are there, and for those under an alias.
  bool IsMounted(std::string_view path);

  // What begins the paths of a store that is to be opened; see DatabaseOptions.
  std::string NewPrefix();
  // Serves the objects of a store under `prefix`, for as long as it is open.
  void Add(const std::string& prefix, std::weak_ptr<ObjectStore> store);

  // Serves its objects under another prefix, such as "s3://bucket/", as well.
  void AddAlias(const std::string& prefix, std::weak_ptr<ObjectStore> store);

  // Filled with the SHA-256 (hexadecimal) of the file that is written to `path` next, when its
  // handle is closed. For as long as the answer is held; null where nothing is mounted.
  using WrittenHash = std::shared_ptr<std::string>;
  WrittenHash HashWhenWritten(const std::string& path);
  // That of a file which is being written; null when nobody asked for it.
  WrittenHash FindWrittenHash(const std::string& path);

  struct Place {
    std::shared_ptr<ObjectStore> owner;
    ObjectKey key;
    ObjectStore& store() const { return *owner; }
  };
  // Error: kNotFound, for a store that is not open any more, too.
  Result<Place> Find(std::string_view path);

  // A small file as a whole, and `neighbours` along with it: see SmallFiles::Read.
  Result<SmallFiles::Bytes> ReadSmall(const std::string& path,
                                      const std::vector<std::string>& neighbours);
  // What of it is in memory; null: nothing.
  SmallFiles::Bytes FindSmall(const std::string& path) { return small_files_.Find(path); }

 private:
  // The alias that the path is under; end() for none.
  using Stores = std::map<std::string, std::weak_ptr<ObjectStore>, std::less<>>;
  Stores::const_iterator FindAlias(std::string_view path) const;

  SmallFiles small_files_;
  std::mutex mutex_;
  Stores aliases_;                                                         // guarded by mutex_
  std::unordered_map<std::string, std::weak_ptr<ObjectStore>> by_prefix_;  // guarded by mutex_
  std::unordered_map<std::string, std::weak_ptr<std::string>> hashes_;     // guarded by mutex_
};

}  // namespace icefall
