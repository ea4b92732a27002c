// What a path given by a user stands for: a database, or a table inside one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall {

struct Location {
  std::string database;                        // directory or URL
  std::optional<std::string> table_directory;  // last segment of the path, when it is a table's
  bool is_icedb = false;                       // the log of an icedb table is there

  // Where each look at what is new is a request.
  bool is_in_bucket() const { return database.find("://") != std::string::npos; }
};

// Looks at the file system, not into the files. A directory with a `_catalog` folder is a
// database; one whose parent has such a folder is a table; one with an icedb table's log is that
// table; text with "://" is a database. Errors: kNotFound for a missing path; kInvalidArgument for
// anything else; kCorruption for a database whose `_catalog` is gone.
Result<Location> ResolveLocation(std::string_view path);

}  // namespace icefall
