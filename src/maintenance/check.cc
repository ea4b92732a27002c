#include "maintenance/check.h"

#include <fmt/format.h>

#include "log/icefall/manifest.h"
#include "maintenance/check_files.h"
#include "maintenance/check_keys.h"
#include "maintenance/check_log.h"
#include "maintenance/check_retained.h"

namespace icefall {

namespace {

// What gc gives up meanwhile looks lost.
constexpr int kRoundsMax = 3;

Result<CheckReport> CheckOnce(Database& database, Transaction& transaction,
                              const CatalogObject& table, DataFileReader& reader,
                              const CheckOptions& options) {
  ObjectStore& store = database.store();
  CheckReport report;
  ICEFALL_RETURN_IF_ERROR(CheckCatalogLog(store, report));
  ICEFALL_ASSIGN_OR_RETURN(LogFacts log, CheckLog(store, SystemClock(), table, report));
  const auto seen = transaction.Table(table.uuid);
  const SnapshotPointer current = seen ? *seen : log.current;
  if (!current) return report;
  // Behind damage there is what a manifest holds.
  if (current->sequence > log.retained.newest()) log.retained.Add(*current, nullptr);
  CheckFiles(store, table, *current, reader, options, report);
  if (options.data && seen) {
    CheckKeys(database.location(), table.name, *current->schema, reader, report);
  }
  if (options.data || options.checksums) CheckBytes(store, table, log, report);
  CheckDataFolder(store, table.directory, log, report);
  return report;
}

}  // namespace

Result<CheckReport> CheckTable(Database& database, const ObjectName& table, DataFileReader& reader,
                               const CheckOptions& options) {
  for (int round = 1;; ++round) {
    ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
    ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
    const auto object = catalog->Find(ObjectKind::kTable, table);
    if (!object) return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));
    ICEFALL_ASSIGN_OR_RETURN(const auto before, OldestKept(database.store(), object->directory));
    ICEFALL_ASSIGN_OR_RETURN(CheckReport report,
                             CheckOnce(database, *transaction, *object, reader, options));
    ICEFALL_ASSIGN_OR_RETURN(const auto after, OldestKept(database.store(), object->directory));
    if (report.passed() || before == after || round == kRoundsMax) return report;
  }
}

}  // namespace icefall
