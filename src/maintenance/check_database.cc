#include "maintenance/check_database.h"

#include <utility>

#include "base/sql_quote.h"
#include "maintenance/check_derived.h"
#include "maintenance/check_folders.h"

namespace icefall {
namespace {

void Add(const CatalogObject& table, const LogFacts& log, KnownToTables& known) {
  known.uuids.insert(table.uuid);
  known.is_whole &= log.is_whole;
  for (const std::string& path : log.data_paths) known.data_files.emplace(NameOfDataFile(path));
}

std::string TextOf(std::string_view part) {
  return part.find_first_of(".\"") == std::string_view::npos ? std::string(part)
                                                             : QuoteIdentifier(part);
}

}  // namespace

std::string TextOf(const ObjectName& table) {
  return table.schema == "main" ? TextOf(table.name)
                                : TextOf(table.schema) + "." + TextOf(table.name);
}

Result<DatabaseReport> CheckDatabase(Database& database, DataFileReader& reader,
                                     const CheckOptions& options) {
  DatabaseReport report;
  ObjectStore& store = database.store();
  // Before the catalog is read, or what is new would look like nobody's.
  ICEFALL_ASSIGN_OR_RETURN(const auto files, store.List({}));
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  transaction->Rollback();
  const DatabaseSequence published = database.Published().value_or(DatabaseSequence());
  KnownToTables known;
  for (const CatalogObjectPointer& table : catalog->Tables()) {
    auto checked = CheckTableAlone(database, table->name, reader, options);
    if (!checked && checked.error().code() == ErrorCode::kNotFound) continue;
    if (!checked) return Fail(checked.error());
    checked->table = table->name;
    Add(*table, checked->log, known);
    checked->log = {};
    report.tables.push_back(*std::move(checked));
  }
  ICEFALL_ASSIGN_OR_RETURN(const CatalogFacts facts,
                           CheckCatalogLog(store, published, report.database));
  CheckRootFolder(store, files, facts, known.is_whole, report.database);
  CheckCacheFolder(store, files, known, options, report.database);
  return report;
}

}  // namespace icefall
