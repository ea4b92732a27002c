// Under which paths DuckDB finds the files of tables.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "database/database.h"

namespace icefall {

// Of one database. Asks the store once for each folder, which is several system calls. Thread-safe.
class TableFolders {
 public:
  // What stands in front of Fragment::path to open a file of the table in `directory`. Errors:
  // those of Database::ExternalPath.
  Result<std::string> PathPrefix(Database& database, const std::string& directory);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> prefixes_;  // by directory; guarded by mutex_
};

}  // namespace icefall
