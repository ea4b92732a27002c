#include "maintenance/check.h"

#include <fmt/format.h>

#include "maintenance/check_files.h"
#include "maintenance/check_log.h"

namespace icefall {

Result<CheckReport> CheckTable(Database& database, const ObjectName& table, DataFileReader& reader,
                               const CheckOptions& options) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  const auto object = catalog->Find(ObjectKind::kTable, table);
  if (!object) return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));

  CheckReport report;
  const LogFacts log = CheckLog(database.store(), SystemClock(), *object, report);
  if (log.current) {
    CheckFiles(database.store(), object->directory, *log.current, reader, options, report);
    CheckUnusedFiles(database.store(), object->directory, log.data_paths, report);
  }
  return report;
}

}  // namespace icefall
