// The part of a check that looks for files that no part of the database is known by.
#pragma once

#include <string>
#include <vector>

#include "maintenance/check_log.h"
#include "maintenance/check_report.h"
#include "store/object_store.h"

namespace icefall {

// Of a table's directory, but for its log and its data files: UnknownFile; UnusedFile for deletion
// vectors and indexes of what no commit ever had, where the log is whole.
void CheckTableFolder(ObjectStore& store, const std::string& directory, const LogFacts& log,
                      CheckReport& report);

// Of `files`, the database's whole directory as it was before `catalog` was read, but for those of
// tables that the catalog ever named, and `_cache`: UnknownFile; UnusedFile for tables that it
// never named, as a CREATE TABLE leaves one that was stopped, and NameLost where it has commits;
// TransactionDamaged for outcomes that cannot be read. `logs_are_whole`: every table's could be
// read, so that no line needs these.
void CheckRootFolder(ObjectStore& store, const std::vector<ObjectInfo>& files,
                     const CatalogFacts& catalog, bool logs_are_whole, CheckReport& report);

}  // namespace icefall
