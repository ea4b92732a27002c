// What names given by a user stand for in a database, now or in the past.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "database/database.h"

namespace icefall {

struct NameRequest {
  std::optional<std::string> table_directory;  // of the path
  // "table" or "schema.table", quoted as in SQL; the one whose commits `snapshot` counts.
  // Without: that of the path; without either: `snapshot` counts the database's commits.
  std::optional<std::string> table;
  // Tables and views that must be there.
  std::vector<std::string> tables;
  std::optional<uint64_t> snapshot;
};

struct ResolvedNames {
  CatalogSnapshotPointer catalog;   // as of the snapshot, or of now
  CatalogObjectPointer path_table;  // in that catalog; null without a table directory
  CatalogObjectPointer table;       // that of the request, or else of the path; may be null
  std::vector<ObjectName> tables;   // of the request
  std::optional<DatabaseSequence> sequence;  // of the snapshot, when one was asked for
};

// A table that was dropped since is found by its last name, or its directory, when a snapshot is
// asked for. Errors: kNotFound "table 'T' not found", "snapshot N not found".
Result<ResolvedNames> ResolveNames(Database& database, const NameRequest& request);

}  // namespace icefall
