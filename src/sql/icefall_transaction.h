// DuckDB's transaction on one attached database, around one of the engine.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb/transaction/transaction.hpp"

#include "database/transaction.h"
#include "sql/entry_cache.h"
#include "store/object_store.h"

namespace icefall {

class IcefallCatalog;

// Calls throw the DuckDB exceptions of sql/errors.h. Thread-safe.
class IcefallTransaction : public duckdb::Transaction {
 public:
  IcefallTransaction(duckdb::TransactionManager& manager, duckdb::ClientContext& context,
                     IcefallCatalog& catalog, std::unique_ptr<icefall::Transaction> engine,
                     const std::optional<RequestCounts>& requests_before);
  ~IcefallTransaction() override;

  static IcefallTransaction& Get(duckdb::ClientContext& context, duckdb::Catalog& catalog);
  static IcefallTransaction& Get(duckdb::CatalogTransaction& transaction);

  IcefallCatalog& catalog() { return catalog_; }
  icefall::Transaction& engine() { return *engine_; }

  // The names and the table as this transaction sees them now.
  CatalogSnapshotPointer Names();
  SnapshotPointer Table(std::string_view table_uuid);

  // Applies a change made against Table(table_uuid).
  void Change(std::string_view table_uuid, ChangeSet change);

  // Entries stay valid until the query that asked for them has ended. Null when there is none.
  duckdb::optional_ptr<IcefallSchemaEntry> SchemaEntry(std::string_view name);
  // The entry for `object` at a snapshot of its own.
  IcefallTableEntry& TableEntry(const CatalogObjectPointer& object,
                                const SnapshotPointer& snapshot);
  duckdb::CatalogEntry& ObjectEntry(const CatalogObjectPointer& object);
  // The same for a list, which has a table that is damaged by its name, too.
  duckdb::CatalogEntry& ListedEntry(const CatalogObjectPointer& object);

  // Keeps an entry for as long as the query that asked for it.
  template <typename T>
  std::shared_ptr<T> Pin(std::shared_ptr<T> entry) {
    const std::lock_guard lock(mutex_);
    pins_.emplace(entry.get(), entry);
    return entry;
  }

  // Those of everybody since it began; absent where the store sends none.
  std::optional<RequestCounts> Requests() const;

  // Everything that plans of this transaction may point to; see ConnectionState.
  std::vector<std::shared_ptr<const void>> ReleasePins();

 private:
  IcefallCatalog& catalog_;
  std::unique_ptr<icefall::Transaction> engine_;
  const std::optional<RequestCounts> requests_before_;
  std::mutex mutex_;                                         // guards what follows
  std::map<const void*, std::shared_ptr<const void>> pins_;  // by address
  // The schema that was asked for last, as a statement does several times, and the names then; one
  // of pins_.
  CatalogSnapshotPointer schema_names_;
  IcefallSchemaEntry* last_schema_ = nullptr;
  // All but tables; of sequences: as they counted when first looked up.
  std::map<CatalogObjectPointer, std::shared_ptr<duckdb::CatalogEntry>> object_entries_;
};

}  // namespace icefall
