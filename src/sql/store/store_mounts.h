// Databases whose objects DuckDB does not reach by itself, under paths that it can open.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "database/database.h"

namespace icefall {

// Paths are "icefall-store://N/key", N the number of the mount. Thread-safe.
class StoreMounts {
 public:
  // True for paths of mounts, whether or not they are there.
  static bool IsMounted(std::string_view path);

  // What begins the paths of a database that is to be opened; see DatabaseOptions.
  std::string NewPrefix();
  // Serves the objects of a database that was opened with `prefix`, for as long as it is open.
  void Add(const std::string& prefix, std::weak_ptr<Database> database);

  struct Place {
    std::shared_ptr<Database> database;
    ObjectKey key;
    ObjectStore& store() const { return database->store(); }
  };
  // Error: kNotFound, for a database that is not open any more, too.
  Result<Place> Find(std::string_view path);

 private:
  std::mutex mutex_;
  uint64_t count_ = 0;                                                  // guarded by mutex_
  std::unordered_map<std::string, std::weak_ptr<Database>> by_prefix_;  // guarded by mutex_
};

}  // namespace icefall
