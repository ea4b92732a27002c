#include "sql/scan/table_folders.h"

namespace icefall {

Result<std::string> TableFolders::PathPrefix(Database& database, const std::string& directory) {
  const std::lock_guard lock(mutex_);
  const auto known = prefixes_.find(directory);
  if (known != prefixes_.end()) return known->second;
  // Of a file, because ExternalPath answers for files only.
  const std::string file = "data";
  ICEFALL_ASSIGN_OR_RETURN(auto path, database.ExternalPath(directory + "/" + file));
  path.resize(path.size() - file.size());
  return prefixes_.emplace(directory, std::move(path)).first->second;
}

}  // namespace icefall
