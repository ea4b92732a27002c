// The part of a check that looks at the data files of every state that can be travelled to, each
// file once.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "database/catalog_snapshot.h"
#include "maintenance/check_log.h"
#include "maintenance/check_report.h"

namespace icefall {

// By a list of the folder: DataFileMissing and DataFileSize, for files that only states before the
// newest need; UnusedFile, for those that no commit ever added, where the log is whole.
void CheckDataFolder(ObjectStore& store, const std::string& directory, const LogFacts& log,
                     CheckReport& report);

// Reads every file: DataFileChecksum, DataFileUnreadable, ChecksumMissing; IndexDiffers for index
// files that their own checksums contradict, unless `report` names them so. Says nothing of files
// that are not there.
void CheckBytes(ObjectStore& store, const CatalogObject& table, const LogFacts& log,
                CheckReport& report);

// The keys of the table's index files whose bytes contradict their checksums.
struct DamagedIndex {
  ObjectKey key;
  std::string why;
};
Result<std::vector<DamagedIndex>> FindDamagedIndexes(ObjectStore& store,
                                                     const std::string& directory);

}  // namespace icefall
