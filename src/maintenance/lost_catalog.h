// A database whose catalog is gone while its tables are there: what can still be known, and a new
// catalog made of that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "database/catalog_snapshot.h"
#include "log/icefall/verify.h"
#include "maintenance/check_report.h"
#include "store/object_store.h"

namespace icefall {

// A folder with the log of a table.
struct RemainingTable {
  std::string directory;
  std::string uuid;   // empty: neither the log's first line nor a manifest can be read
  ObjectName name;    // what it is to be called, by its folder; empty: that has not the whole name
  Sequence newest;    // of the commits that can be read
  uint64_t rows = 0;  // live ones at that
  DatabaseSequence database_sequence;
  std::string comment;

  bool can_be_named() const { return !uuid.empty() && !name.name.empty(); }
};

// What the log of a table says of its uuid: in a manifest or its first line; empty where it does
// not. Error: the store's.
Result<std::string> FindTableUuid(ObjectStore& store, const std::string& directory,
                                  const LogFiles& files);

// Absent unless the catalog has neither a segment nor a manifest and there are tables, by folder.
// Of dropped tables those are there of which nothing was collected. Nothing on a store whose
// objects cannot grow, where the commits of all logs are one. Error: the store's.
Result<std::optional<std::vector<RemainingTable>>> FindRemainingTables(ObjectStore& store);

// Findings: CatalogLost, and NamelessTable for each.
CheckReport DescribeLostCatalog(const std::vector<RemainingTable>& tables);

// Makes a catalog that gives these tables the names of their folders, under the right to commit.
// Does nothing where there is a catalog, or no table that can be named. Nothing else is written.
// Errors: the store's.
Result<void> RestoreCatalog(ObjectStore& store, Clock& clock);

}  // namespace icefall
