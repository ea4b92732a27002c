#include "sql/maintenance/collect_garbage.h"

#include <utility>

#include "sql/errors.h"
#include "sql/icefall_transaction.h"
#include "sql/replica/replicate.h"

namespace icefall {
namespace {

// Empty when there is no such table.
std::string UuidOf(IcefallCatalog& catalog, const ObjectName& name) {
  const auto transaction = Unwrap(catalog.database().Begin());
  const auto object = Unwrap(transaction->Catalog())->Find(ObjectKind::kTable, name);
  transaction->Rollback();
  return object == nullptr ? "" : object->uuid;
}

}  // namespace

GcReport CollectGarbageIn(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const ObjectName& table, const GcOptions& options) {
  if (context.transaction.IsAutoCommit()) {
    IcefallTransaction::Get(context, catalog).engine().Rollback();
  }
  const std::string uuid = UuidOf(catalog, table);
  auto report = Unwrap(CollectGarbage(catalog.database(), SystemClock(), table, options));
  // Nothing that is kept needs them.
  if (!options.dry_run) report.deleted_files += RemoveUselessReplicas(catalog, uuid);
  return report;
}

duckdb::Value RetainedSnapshots(const GcReport& report) {
  duckdb::vector<duckdb::Value> sequences;
  for (const Sequence sequence : report.retained) {
    sequences.push_back(duckdb::Value::UBIGINT(sequence.value));
  }
  return duckdb::Value::LIST(duckdb::LogicalType::UBIGINT, std::move(sequences));
}

}  // namespace icefall
