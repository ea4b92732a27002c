// DuckDB's transaction on one attached database, around one of the engine.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "database/transaction.h"
#include "sql/entry_cache.h"

#include "duckdb/catalog/catalog_entry_map.hpp"
#include "duckdb/transaction/transaction.hpp"

namespace icefall::sql {

class IcefallCatalog;

// Calls throw the DuckDB exceptions of sql/errors.h. Thread-safe.
class IcefallTransaction : public duckdb::Transaction {
 public:
  IcefallTransaction(duckdb::TransactionManager& manager, duckdb::ClientContext& context,
                     IcefallCatalog& catalog, std::unique_ptr<icefall::Transaction> engine);
  ~IcefallTransaction() override;

  static IcefallTransaction& Get(duckdb::ClientContext& context, duckdb::Catalog& catalog);
  static IcefallTransaction& Get(const duckdb::CatalogTransaction& transaction);

  IcefallCatalog& catalog() { return catalog_; }
  icefall::Transaction& engine() { return *engine_; }

  // The names and the table as this transaction sees them now. Time travel of the whole database
  // (see AttachSettings) is applied here.
  CatalogSnapshotPointer Names();
  SnapshotPointer Table(std::string_view table_uuid);

  // Applies a change made against Table(table_uuid).
  void Change(std::string_view table_uuid, ChangeSet change);

  // Entries stay valid until the query that asked for them has ended. Null when there is none.
  duckdb::optional_ptr<IcefallSchemaEntry> SchemaEntry(std::string_view name);
  duckdb::optional_ptr<duckdb::CatalogEntry> Entry(duckdb::CatalogType type,
                                                   const std::string& schema,
                                                   const std::string& name);
  // The entry for `object` at a snapshot of its own.
  IcefallTableEntry& TableEntry(const CatalogObjectPointer& object,
                                const SnapshotPointer& snapshot);
  duckdb::CatalogEntry& ObjectEntry(const CatalogObjectPointer& object);

  // Everything that plans of this transaction may point to; see EntryPins.
  std::vector<std::shared_ptr<void>> ReleasePins();

 private:
  IcefallCatalog& catalog_;
  std::unique_ptr<icefall::Transaction> engine_;
  std::mutex mutex_;
  std::map<const void*, std::shared_ptr<void>> pins_;  // by address
  // Views, types, sequences and macros by their object's address.
  std::map<const CatalogObject*, std::shared_ptr<duckdb::CatalogEntry>> object_entries_;
};

}  // namespace icefall::sql
