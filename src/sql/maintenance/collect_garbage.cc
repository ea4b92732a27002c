#include "sql/maintenance/collect_garbage.h"

#include <utility>

#include "sql/accel/facts_files.h"
#include "sql/errors.h"
#include "sql/icefall_transaction.h"
#include "sql/replica/replicate.h"
#include "sql/stop_flag.h"

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
                          const ObjectName& table, GcOptions options, RewriteProgress& progress) {
  if (context.transaction.IsAutoCommit()) {
    IcefallTransaction::Get(context, catalog).engine().Rollback();
  }
  const std::string uuid = UuidOf(catalog, table);
  bool is_stopped = false;
  options.goes_on = [&](uint64_t deleted, uint64_t total) {
    progress.rows_total = total;
    progress.rows_done = deleted;
    is_stopped = progress.is_cancelled && progress.is_cancelled();
    return !is_stopped;
  };
  options.deleted = [&](const ObjectKey& key) {
    if (key.ends_with(".parquet")) catalog.facts_files().Remove(key);
  };
  auto collected = CollectGarbage(catalog.database(), SystemClock(), table, options);
  if (is_stopped) ThrowStopped(std::string(kGcStopped));
  GcReport report = Unwrap(std::move(collected));
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
