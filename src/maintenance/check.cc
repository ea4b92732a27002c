#include "maintenance/check.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "log/icefall/manifest.h"
#include "maintenance/check_database.h"
#include "maintenance/check_derived.h"
#include "maintenance/check_files.h"
#include "maintenance/check_folders.h"
#include "maintenance/check_keys.h"
#include "maintenance/check_retained.h"

namespace icefall {

namespace {

// What gc gives up meanwhile looks lost.
constexpr int kRoundsMax = 3;

class TableCheck {
 public:
  TableCheck(Database& database, const CatalogObject& table, DataFileReader& reader,
             const CheckOptions& options)
      : database_(database), table_(table), reader_(reader), options_(options) {}

  Result<CheckedTable> Run(Transaction& transaction) {
    const auto published = database_.Published().value_or(DatabaseSequence());
    ICEFALL_ASSIGN_OR_RETURN(checked_.log, CheckLog(database_.store(), SystemClock(), table_,
                                                    published, checked_.report));
    const auto seen = transaction.Table(table_.uuid);
    const SnapshotPointer current = seen ? *seen : checked_.log.current;
    if (current) LookAt(*current, seen.has_value());
    return std::move(checked_);
  }

 private:
  void LookAt(const Snapshot& current, bool is_readable) {
    ObjectStore& store = database_.store();
    CheckReport& report = checked_.report;
    LogFacts& log = checked_.log;
    // Behind damage there is what a manifest holds.
    if (current.sequence > log.retained.newest()) log.retained.Add(current, nullptr);
    CheckFiles(store, table_, current, reader_, options_, report);
    if (options_.data && is_readable) {
      CheckKeys(database_.location(), table_.name, *current.schema, reader_, report);
    }
    if (options_.data || options_.checksums) CheckBytes(store, table_, log, report);
    if (is_readable) CheckDerived(database_, table_, current, log, reader_, options_, report);
    CheckDataFolder(store, table_.directory, log, report);
    CheckTableFolder(store, table_.directory, log, report);
  }

  Database& database_;
  const CatalogObject& table_;
  DataFileReader& reader_;
  const CheckOptions& options_;
  CheckedTable checked_;
};

}  // namespace

Result<CheckedTable> CheckTableAlone(Database& database, const ObjectName& table,
                                     DataFileReader& reader, const CheckOptions& options) {
  for (int round = 1;; ++round) {
    ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
    ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
    const auto object = catalog->Find(ObjectKind::kTable, table);
    if (!object) return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));
    ICEFALL_ASSIGN_OR_RETURN(const auto before, OldestKept(database.store(), object->directory));
    ICEFALL_ASSIGN_OR_RETURN(auto checked,
                             TableCheck(database, *object, reader, options).Run(*transaction));
    ICEFALL_ASSIGN_OR_RETURN(const auto after, OldestKept(database.store(), object->directory));
    if (checked.report.passed() || before == after || round == kRoundsMax) return checked;
  }
}

Result<CheckReport> CheckTable(Database& database, const ObjectName& table, DataFileReader& reader,
                               const CheckOptions& options) {
  CheckReport report;
  const auto published = database.Published().value_or(DatabaseSequence());
  ICEFALL_RETURN_IF_ERROR(CheckCatalogLog(database.store(), published, report));
  ICEFALL_ASSIGN_OR_RETURN(auto checked, CheckTableAlone(database, table, reader, options));
  std::ranges::move(checked.report.findings, std::back_inserter(report.findings));
  return report;
}

}  // namespace icefall
