// The part of a check that looks at what is kept below `_cache`: replicas, states of aggregates,
// facts about columns and answers, which change no answer whatever becomes of them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "database/database.h"
#include "maintenance/check.h"
#include "maintenance/check_log.h"

namespace icefall {

// Those of one table that are damaged, the bytes read through where `options` has data or checksums
// read. Nothing where the store has no paths. Error: what keeps the reader from looking.
Result<std::vector<DamagedDerivedFile>> FindDamagedDerived(Database& database,
                                                           const CatalogObject& table,
                                                           const LogFacts& log,
                                                           DataFileReader& reader,
                                                           const CheckOptions& options);

// The same of answers, which are no single table's. Reads them whole.
Result<std::vector<DamagedDerivedFile>> FindDamagedAnswers(ObjectStore& store);

// Findings of one table: DerivedFileDamaged; UnusedFile for replicas of data files that `current`
// lacks, and for unfinished ones.
void CheckDerived(Database& database, const CatalogObject& table, const Snapshot& current,
                  const LogFacts& log, DataFileReader& reader, const CheckOptions& options,
                  CheckReport& report);

// What tables have, for what belongs to none.
struct KnownToTables {
  std::set<std::string> uuids;
  std::set<std::string> data_files;  // that commits ever added, by name without ending
  bool is_whole = true;              // every log could be read
};

// Findings of those of `files`, listed before the tables were looked at, that are below `_cache`:
// DerivedFileDamaged for answers, where `options` has bytes read; UnusedFile for what is left of
// writes that were stopped, and of tables and data files that are not there; UnknownFile for names
// that none of these files has.
void CheckCacheFolder(ObjectStore& store, const std::vector<ObjectInfo>& files,
                      const KnownToTables& known, const CheckOptions& options, CheckReport& report);

// "data/k=1/019a.parquet" and "_cache/facts/019a.facts" are both of "019a".
std::string_view NameOfDataFile(std::string_view path);

}  // namespace icefall
