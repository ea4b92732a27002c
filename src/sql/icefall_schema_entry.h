// A schema of an attached database: the place that CREATE, DROP, ALTER and name lookups go to.
#pragma once

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"

#include "database/catalog_snapshot.h"

namespace icefall {

class IcefallTransaction;

// Holds no contents: every call looks at the transaction it is made in. Immutable.
class IcefallSchemaEntry : public duckdb::SchemaCatalogEntry {
 public:
  IcefallSchemaEntry(duckdb::Catalog& catalog, CatalogObjectPointer object);
  ~IcefallSchemaEntry() override;

  const CatalogObjectPointer& object() const { return object_; }

  void Scan(duckdb::ClientContext& context, duckdb::CatalogType type,
            const std::function<void(duckdb::CatalogEntry&)>& callback) override;
  // Without a transaction there is nothing to see.
  void Scan(duckdb::CatalogType type,
            const std::function<void(duckdb::CatalogEntry&)>& callback) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> LookupEntry(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup) override;

  duckdb::optional_ptr<duckdb::CatalogEntry> CreateTable(
      duckdb::CatalogTransaction transaction, duckdb::BoundCreateTableInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateView(duckdb::CatalogTransaction transaction,
                                                        duckdb::CreateViewInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateType(duckdb::CatalogTransaction transaction,
                                                        duckdb::CreateTypeInfo& info) override;
  // Macros; other functions cannot be stored.
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateFunction(
      duckdb::CatalogTransaction transaction, duckdb::CreateFunctionInfo& info) override;

  duckdb::optional_ptr<duckdb::CatalogEntry> CreateIndex(duckdb::CatalogTransaction transaction,
                                                         duckdb::CreateIndexInfo& info,
                                                         duckdb::TableCatalogEntry& table) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSequence(
      duckdb::CatalogTransaction transaction, duckdb::CreateSequenceInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateTableFunction(
      duckdb::CatalogTransaction transaction, duckdb::CreateTableFunctionInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateCopyFunction(
      duckdb::CatalogTransaction transaction, duckdb::CreateCopyFunctionInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreatePragmaFunction(
      duckdb::CatalogTransaction transaction, duckdb::CreatePragmaFunctionInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateCollation(
      duckdb::CatalogTransaction transaction, duckdb::CreateCollationInfo& info) override;

  void DropEntry(duckdb::ClientContext& context, duckdb::DropInfo& info) override;
  void Alter(duckdb::CatalogTransaction transaction, duckdb::AlterInfo& info) override;

 private:
  IcefallSchemaEntry(duckdb::Catalog& catalog, CatalogObjectPointer object,
                     duckdb::CreateSchemaInfo info);
  // Stores a statement-defined object. Null when IF NOT EXISTS found one.
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateObject(duckdb::CatalogTransaction transaction,
                                                          ObjectKind kind,
                                                          const duckdb::string& name,
                                                          duckdb::CreateInfo& info);

  CatalogObjectPointer object_;
};

// Drops a schema of `catalog`, with everything in it when the statement says CASCADE.
void DropSchemaEntry(IcefallTransaction& transaction, const duckdb::DropInfo& info);

}  // namespace icefall
