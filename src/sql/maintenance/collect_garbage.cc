#include "sql/maintenance/collect_garbage.h"

#include <utility>

#include "sql/errors.h"
#include "sql/icefall_transaction.h"

namespace icefall {

GcReport CollectGarbageIn(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const ObjectName& table, const GcOptions& options) {
  if (context.transaction.IsAutoCommit()) {
    IcefallTransaction::Get(context, catalog).engine().Rollback();
  }
  return Unwrap(CollectGarbage(catalog.database(), SystemClock(), table, options));
}

duckdb::Value RetainedSnapshots(const GcReport& report) {
  duckdb::vector<duckdb::Value> sequences;
  for (const Sequence sequence : report.retained) {
    sequences.push_back(duckdb::Value::UBIGINT(sequence.value));
  }
  return duckdb::Value::LIST(duckdb::LogicalType::UBIGINT, std::move(sequences));
}

}  // namespace icefall
