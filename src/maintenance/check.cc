#include "maintenance/check.h"

#include <fmt/format.h>

#include "maintenance/check_files.h"
#include "maintenance/check_keys.h"
#include "maintenance/check_log.h"

namespace icefall {

Result<CheckReport> CheckTable(Database& database, const ObjectName& table, DataFileReader& reader,
                               const CheckOptions& options) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  const auto object = catalog->Find(ObjectKind::kTable, table);
  if (!object) return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));

  CheckReport report;
  ICEFALL_RETURN_IF_ERROR(CheckCatalogLog(database.store(), report));
  ICEFALL_ASSIGN_OR_RETURN(const LogFacts log,
                           CheckLog(database.store(), SystemClock(), *object, report));
  const auto seen = transaction->Table(object->uuid);
  const SnapshotPointer current = seen ? *seen : log.current;
  if (!current) return report;
  CheckFiles(database.store(), *object, *current, reader, options, report);
  if (options.data && seen) {
    CheckKeys(database.location(), object->name, *current->schema, reader, report);
  }
  CheckUnusedFiles(database.store(), object->directory, log.data_paths, report);
  return report;
}

}  // namespace icefall
