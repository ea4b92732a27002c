#include "sql/functions/table_functions.h"

#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_transaction.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"

#include "sql/accel/cache_functions.h"
#include "sql/functions/aggregate_function.h"
#include "sql/functions/changes_function.h"
#include "sql/functions/check_function.h"
#include "sql/functions/compact_function.h"
#include "sql/functions/doctor_function.h"
#include "sql/functions/fragments_function.h"
#include "sql/functions/gc_function.h"
#include "sql/functions/optimize_function.h"
#include "sql/functions/replicate_function.h"
#include "sql/functions/snapshots_function.h"
#include "sql/maintenance/z_order.h"
#include "sql/scan/table_scan.h"

namespace icefall {
namespace {

// `Functions`: one, or a set of them.
template <typename Functions>
void Register(duckdb::DatabaseInstance& db, Functions function) {
  duckdb::CreateTableFunctionInfo info(std::move(function));
  info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(db);
  duckdb::Catalog::GetSystemCatalog(db).CreateFunction(transaction, info);
}

}  // namespace

void RegisterTableFunctions(duckdb::DatabaseInstance& db) {
  Register(db, SnapshotsFunction());
  Register(db, FragmentsFunction());
  Register(db, ChangesFunction());
  Register(db, CompactFunction());
  Register(db, OptimizeFunction());
  Register(db, GcFunction());
  Register(db, ReplicateFunction());
  Register(db, ReplicasFunction());
  Register(db, BuildAggregatesFunction());
  Register(db, CheckFunctions());
  Register(db, DoctorFunctions());
  RegisterZOrder(db);
  Register(db, StoredScanFunction());
  Register(db, CacheFunction());
  Register(db, ClearCacheFunction());
}

}  // namespace icefall
