#include "sql/replica/open_replicas.h"

#include <utility>

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/storage/data_table.hpp"

#include "accel/derived_files.h"
#include "accel/replica_files.h"

namespace icefall {
namespace {

duckdb::DuckTableEntry* FindTable(duckdb::ClientContext& context, duckdb::AttachedDatabase& file) {
  auto& catalog = file.GetCatalog();
  const auto transaction = catalog.GetCatalogTransaction(context);
  const duckdb::string schema_name = DEFAULT_SCHEMA;
  const duckdb::EntryLookupInfo schema_lookup(duckdb::CatalogType::SCHEMA_ENTRY, schema_name);
  auto schema =
      catalog.LookupSchema(transaction, schema_lookup, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!schema) return nullptr;
  const duckdb::string name = kReplicaTable;
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = schema->LookupEntry(transaction, lookup);
  return entry ? dynamic_cast<duckdb::DuckTableEntry*>(entry.get()) : nullptr;
}

// Whether the file is what its name says.
bool IsReplicaOf(duckdb::DuckTableEntry& table, const std::string& identity,
                 const Fragment& fragment, const ReplicaLayout& layout) {
  if (table.comment.IsNull() || table.comment.ToString() != identity) return false;
  auto& rows = table.GetStorage();
  return rows.GetTotalRows() == fragment.row_count && rows.GetTypes() == layout.types;
}

}  // namespace

OpenReplicaPointer OpenReplicas::Get(duckdb::ClientContext& context, const Snapshot& snapshot,
                                     const Fragment& fragment) {
  const auto identity = ReplicaIdentity(snapshot.table_uuid, fragment);
  const auto key = ReplicaKey(snapshot.table_uuid, identity);
  const bool is_there = store_.Stat(key).has_value();
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (!is_there) {
    Forget(key);
    return nullptr;
  }
  if (place != places_.end()) {
    ++counters_.hits;
    items_.splice(items_.begin(), items_, place->second);
    return items_.front();
  }
  const auto path = store_.ExternalPath(key);
  if (!path) return nullptr;
  auto opened = std::make_shared<OpenReplica>();
  opened->key = key;
  opened->layout = LayoutOfReplica(context, snapshot, fragment);
  try {
    opened->database = OpenReplicaDatabase(context, *path, duckdb::AccessMode::READ_ONLY);
    opened->table = FindTable(context, *opened->database);
    if (opened->table != nullptr &&
        !IsReplicaOf(*opened->table, identity, fragment, opened->layout)) {
      opened->table = nullptr;
    }
  } catch (const std::exception&) {
    opened->table = nullptr;
  }
  if (opened->table == nullptr) {
    ++counters_.damaged;
    return nullptr;
  }
  ++counters_.opened;
  items_.push_front(opened);
  places_[key] = items_.begin();
  if (items_.size() > kOpenMax) Forget(items_.back()->key);
  return opened;
}

void OpenReplicas::Discard(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  ++counters_.damaged;
  Forget(key);
  RemoveDerivedFile(store_, key);
}

void OpenReplicas::Forget(const ObjectKey& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  const auto item = place->second;
  places_.erase(place);
  items_.erase(item);
}

OpenReplicas::Counters OpenReplicas::counters() {
  const std::lock_guard lock(mutex_);
  auto result = counters_;
  result.open = items_.size();
  return result;
}

}  // namespace icefall
