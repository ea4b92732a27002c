#include "sql/entry_cache.h"

#include "sql/icefall_schema_entry.h"
#include "sql/icefall_table_entry.h"
#include "sql/object_number.h"

namespace icefall {
namespace {

bool IsSame(const CatalogObjectPointer& a, const CatalogObjectPointer& b) {
  return a == b || *a == *b;
}

}  // namespace

EntryCache::EntryCache(duckdb::Catalog& catalog) : catalog_(catalog) {}

EntryCache::~EntryCache() = default;

SchemaEntryPointer EntryCache::Schema(const CatalogObjectPointer& object) {
  const std::lock_guard lock(mutex_);
  auto& entry = schemas_[object->uuid];
  if (!entry || !IsSame(entry->object(), object)) {
    entry = std::make_shared<IcefallSchemaEntry>(catalog_, object);
    entry->oid = ObjectNumber(object->uuid);
  }
  return entry;
}

TableEntryPointer EntryCache::Table(const SchemaEntryPointer& schema,
                                    const CatalogObjectPointer& object,
                                    const SnapshotPointer& snapshot) {
  TableDefinitionPointer definition;
  {
    const std::lock_guard lock(mutex_);
    const auto found = tables_.find(object->uuid);
    if (found != tables_.end()) {
      const auto& entry = found->second;
      const bool same_object = IsSame(entry->object(), object);
      if (same_object && entry->snapshot() == snapshot && &entry->ParentSchema() == schema.get()) {
        return entry;
      }
      if (same_object && entry->definition().schema == snapshot->schema) {
        definition = entry->shared_definition();
      }
    }
  }
  if (!definition) definition = DefineTable(object->name.name, snapshot->schema);
  auto entry = std::make_shared<IcefallTableEntry>(catalog_, schema, object, snapshot, definition);
  entry->oid = ObjectNumber(object->uuid);
  const std::lock_guard lock(mutex_);
  tables_[object->uuid] = entry;
  return entry;
}

}  // namespace icefall
