// Which rows of a data file hold the smallest and the largest value of a column, so that deleting
// others leaves the bounds exact.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "sql/accel/live_extremes.h"
#include "sql/icefall_table_entry.h"
#include "table/fragment.h"

namespace icefall {

// Positions in one file.
struct BoundHolders {
  std::vector<uint64_t> lower;   // some of them when there are many
  std::vector<uint64_t> upper;   // as lower
  LiveExtremesPointer extremes;  // what comes behind the bounds; null: was not looked for yet
};

using BoundHoldersPointer = std::shared_ptr<const BoundHolders>;

// Data files never change, so what was found of one holds for ever; what was found last replaces
// what was there. Thread-safe.
class BoundHolderCache {
 public:
  // Null when it is not known.
  BoundHoldersPointer Find(const std::string& path, FieldId field);
  void Put(const std::string& path, FieldId field, BoundHoldersPointer holders);

 private:
  using Key = std::pair<std::string, FieldId>;

  std::mutex mutex_;
  std::map<Key, BoundHoldersPointer> holders_;  // guarded by mutex_
};

// Reads the row groups of a file, deleted rows too, that can have the bounds that its statistics
// have. `column`: position in the schema's fields. Null where there are none. Throws DuckDB's
// exceptions.
BoundHoldersPointer FindBoundHolders(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                     const FragmentPointer& fragment, size_t column);

// Of a column of which some rows are being deleted from the fragment as it is: the statistics that
// it has afterwards. A bound stays exact only where `holders`, which may be null, has a row of it
// and `deleted` has none: another change may delete others.
ColumnStatistics StatisticsWithout(const ColumnStatistics& before, const BoundHolders* holders,
                                   const DeletionVector& deleted);

}  // namespace icefall
