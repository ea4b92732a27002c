// The part of a check that reads a table's log from its first line.
#pragma once

#include <set>
#include <string>

#include "base/clock.h"
#include "database/catalog_snapshot.h"
#include "maintenance/check_report.h"
#include "maintenance/retained_files.h"
#include "store/object_store.h"
#include "table/snapshot.h"

namespace icefall {

// A log that has more lines behind its newest manifest lacks one: commits have them written at
// 256 KiB, or half of the last one. Manifests that large are not taken for missing.
inline constexpr uint64_t kManifestDebtBytesMax = 16 * 1024 * 1024;

struct LogFacts {
  // The state after the last line that can be replayed; null when there is none.
  SnapshotPointer current;
  // Paths of all data files that any commit ever added, relative to the table's directory.
  std::set<std::string> data_paths;
  // The data files of all states that can be travelled to, of those that the lines lead to.
  RetainedFiles retained;
  bool is_whole = false;  // every line that there ever was could be read
};

// Damage becomes findings, those of log/icefall/verify.h. `published`: the newest commit that was
// known to be before, 0 where none was. Error: the store's.
Result<LogFacts> CheckLog(ObjectStore& store, Clock& clock, const CatalogObject& table,
                          DatabaseSequence published, CheckReport& report);

struct CatalogFacts {
  std::set<std::string> directories;  // of all tables that any commit ever named
  bool is_whole = false;
  bool begins_at_first = false;  // the first commit of all was among these
};

// The same of the catalog's log.
Result<CatalogFacts> CheckCatalogLog(ObjectStore& store, DatabaseSequence published,
                                     CheckReport& report);

}  // namespace icefall
