#include "sql/accel/cache_functions.h"

#include <utility>

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include <fmt/format.h>

#include "accel/replica_files.h"
#include "sql/accel/declared_aggregates.h"
#include "sql/accel/facts_files.h"
#include "sql/accel/partial_states.h"
#include "sql/errors.h"
#include "sql/functions/value_rows.h"
#include "sql/icefall_catalog.h"
#include "sql/replica/replica_settings.h"
#include "sql/replica/replicate.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

Value Count(uint64_t count) { return Value::BIGINT(static_cast<int64_t>(count)); }

template <typename Visit>
void ForEachCatalog(duckdb::ClientContext& context, Visit visit) {
  for (const auto& database : duckdb::DatabaseManager::Get(context).GetDatabases(context)) {
    auto& catalog = database->GetCatalog();
    if (catalog.GetCatalogType() == "icefall") visit(catalog.Cast<IcefallCatalog>());
  }
}

std::string Detail(const ReadState& state) {
  std::string text;
  for (const auto& table : state.tables) {
    text += fmt::format("{}{} at {}", text.empty() ? "" : ", ", table.uuid, table.sequence.value);
  }
  return text;
}

void AddResults(IcefallCatalog& catalog, ValueRows& rows) {
  const Value name(catalog.GetName());
  auto& results = *catalog.results();
  for (const auto& entry : results.Entries()) {
    rows.rows.push_back({name, Value("result"), Value(entry->key.statement), Count(entry->hits),
                         Count(entry->size_bytes), Value(Detail(entry->state))});
  }
  const auto counters = results.counters();
  rows.rows.push_back(
      {name, Value("results"), Value("all in memory"), Count(counters.hits),
       Count(counters.size_bytes),
       Value(fmt::format("{} misses, {} stale, {} evicted, budget {} bytes", counters.misses,
                         counters.stale, counters.evicted, results.budget_bytes()))});
  const auto usage = results.files().usage();
  rows.rows.push_back({name, Value("results"), Value("all on disk"), Value(LogicalType::BIGINT),
                       Count(usage.bytes), Value(fmt::format("{} files", usage.files))});
}

void AddStates(IcefallCatalog& catalog, ValueRows& rows) {
  const auto counters = catalog.partial_states().counters();
  rows.rows.push_back(
      {Value(catalog.GetName()), Value("states"), Value("all in memory"), Count(counters.hits),
       Count(counters.size_bytes),
       Value(fmt::format("{} units and {} blocks of {} files and filters, {} misses, {} evicted",
                         counters.units, counters.blocks, counters.entries, counters.misses,
                         counters.evicted))});
  rows.rows.push_back({Value(catalog.GetName()), Value("states"), Value("deleted rows by unit"),
                       Value(LogicalType::BIGINT), Count(counters.deleted_bytes), Value("")});
  rows.rows.push_back({Value(catalog.GetName()), Value("states"), Value("all on disk"),
                       Count(counters.files.loaded), Count(counters.files.usage.bytes),
                       Value(fmt::format("{} files", counters.files.usage.files))});
}

void AddFacts(IcefallCatalog& catalog, ValueRows& rows) {
  const auto& files = catalog.facts_files();
  const auto usage = files.usage();
  rows.rows.push_back({Value(catalog.GetName()), Value("facts"), Value("all on disk"),
                       Count(files.hits()), Count(usage.bytes),
                       Value(fmt::format("{} files", usage.files))});
}

// A row per table that declares aggregates.
void AddDeclared(IcefallCatalog& catalog, ValueRows& rows) {
  const auto transaction = Unwrap(catalog.database().Begin());
  for (const auto& object : Unwrap(transaction->Catalog())->Tables()) {
    const auto snapshot = transaction->Table(object->uuid);
    if (!snapshot) continue;  // A damaged table; CHECK tells.
    const auto text = AggregatesOption(**snapshot);
    if (text.empty()) continue;
    rows.rows.push_back({Value(catalog.GetName()), Value("aggregates"), Value(object->name.name),
                         Value(LogicalType::BIGINT),
                         Count(catalog.partial_states().files().BytesOf(object->uuid)),
                         Value(text)});
  }
  transaction->Rollback();
}

// A row per table that asks for replicas.
void AddReplicasOfTables(duckdb::ClientContext& context, IcefallCatalog& catalog, ValueRows& rows) {
  const auto rows_min = ReplicaRowsMin(context);
  const auto transaction = Unwrap(catalog.database().Begin());
  for (const auto& object : Unwrap(transaction->Catalog())->Tables()) {
    const auto snapshot = transaction->Table(object->uuid);
    if (!snapshot || !HasReplicas(**snapshot)) continue;
    uint64_t wanted = 0;
    uint64_t found = 0;
    uint64_t bytes = 0;
    for (const auto& file : ReplicasOf(catalog, **snapshot)) {
      wanted += file.row_count >= rows_min ? 1 : 0;
      found += file.replica.empty() ? 0 : 1;
      bytes += file.replica_size_bytes;
    }
    rows.rows.push_back(
        {Value(catalog.GetName()), Value("replicas"), Value(object->name.name),
         Value(LogicalType::BIGINT), Count(bytes),
         Value(fmt::format("{} files, of {} that are to have one", found, wanted))});
  }
  transaction->Rollback();
}

void AddReplicas(IcefallCatalog& catalog, ValueRows& rows) {
  uint64_t files = 0;
  uint64_t bytes = 0;
  for (const auto& file : Unwrap(ListReplicas(catalog.database().store()))) {
    ++files;
    bytes += file.info.size_bytes;
  }
  const auto counters = catalog.open_replicas().counters();
  rows.rows.push_back({Value(catalog.GetName()), Value("replicas"), Value("all on disk"),
                       Count(counters.hits), Count(bytes),
                       Value(fmt::format("{} files, {} open, {} opened, {} damaged", files,
                                         counters.open, counters.opened, counters.damaged))});
}

duckdb::unique_ptr<duckdb::FunctionData> BindCache(duckdb::ClientContext& context,
                                                   duckdb::TableFunctionBindInput&,
                                                   duckdb::vector<LogicalType>& types,
                                                   duckdb::vector<duckdb::string>& names) {
  ValueRows rows;
  rows.names = {"database", "kind", "name", "hits", "size_bytes", "detail"};
  rows.types = {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR,
                LogicalType::BIGINT,  LogicalType::BIGINT,  LogicalType::VARCHAR};
  ForEachCatalog(context, [&](IcefallCatalog& catalog) {
    AddResults(catalog, rows);
    AddStates(catalog, rows);
    AddFacts(catalog, rows);
    AddDeclared(catalog, rows);
    AddReplicas(catalog, rows);
    AddReplicasOfTables(context, catalog, rows);
  });
  return BindValueRows(std::move(rows), types, names);
}

duckdb::unique_ptr<duckdb::FunctionData> BindClear(duckdb::ClientContext& context,
                                                   duckdb::TableFunctionBindInput&,
                                                   duckdb::vector<LogicalType>& types,
                                                   duckdb::vector<duckdb::string>& names) {
  ValueRows rows;
  rows.names = {"database", "entries"};
  rows.types = {LogicalType::VARCHAR, LogicalType::BIGINT};
  ForEachCatalog(context, [&](IcefallCatalog& catalog) {
    rows.rows.push_back({Value(catalog.GetName()), Count(catalog.results()->counters().entries)});
    catalog.results()->Clear();
    catalog.partial_states().Clear();
  });
  return BindValueRows(std::move(rows), types, names);
}

}  // namespace

duckdb::TableFunction CacheFunction() {
  return MakeValueRowsFunction("icefall_cache", {}, BindCache);
}

duckdb::TableFunction ClearCacheFunction() {
  return MakeValueRowsFunction("icefall_clear_cache", {}, BindClear);
}

}  // namespace icefall
