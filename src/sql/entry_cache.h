// Catalog entries of the newest states, kept between transactions.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "duckdb/catalog/catalog_entry.hpp"

#include "database/catalog_snapshot.h"
#include "table/snapshot.h"

namespace icefall {

class IcefallSchemaEntry;
class IcefallTableEntry;
struct TableDefinition;

using SchemaEntryPointer = std::shared_ptr<IcefallSchemaEntry>;
using TableEntryPointer = std::shared_ptr<IcefallTableEntry>;
using TableDefinitionPointer = std::shared_ptr<const TableDefinition>;

// Entries are immutable and shared; whoever holds a pointer may go on using it. One entry per
// object is kept, that of the state asked for last. Thread-safe.
class EntryCache {
 public:
  explicit EntryCache(duckdb::Catalog& catalog);
  ~EntryCache();

  SchemaEntryPointer Schema(const CatalogObjectPointer& object);
  TableEntryPointer Table(const SchemaEntryPointer& schema, const CatalogObjectPointer& object,
                          const SnapshotPointer& snapshot);

 private:
  duckdb::Catalog& catalog_;
  std::mutex mutex_;
  std::unordered_map<std::string, SchemaEntryPointer> schemas_;  // by uuid
  std::unordered_map<std::string, TableEntryPointer> tables_;    // by uuid
};

}  // namespace icefall
