// A table at one snapshot, as DuckDB's catalog sees it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"

#include "database/catalog_snapshot.h"
#include "sql/entry_cache.h"
#include "table/snapshot.h"

namespace icefall {

// What follows from the schema alone; shared by the entries of all snapshots that have it.
struct TableDefinition {
  std::shared_ptr<const Schema> schema;
  duckdb::unique_ptr<duckdb::CreateTableInfo> info;  // columns and constraints
  // Positions in schema->fields of the columns that data files hold, in order: a DuckDB
  // PhysicalIndex is a position in this list, a LogicalIndex one in schema->fields.
  std::vector<size_t> stored_fields;
  duckdb::vector<duckdb::LogicalType> stored_types;
};

// Immutable.
class IcefallTableEntry : public duckdb::TableCatalogEntry,
                          public std::enable_shared_from_this<IcefallTableEntry> {
 public:
  IcefallTableEntry(duckdb::Catalog& catalog, SchemaEntryPointer schema,
                    CatalogObjectPointer object, SnapshotPointer snapshot,
                    TableDefinitionPointer definition);
  ~IcefallTableEntry() override;

  const std::string& uuid() const { return object_->uuid; }
  const CatalogObjectPointer& object() const { return object_; }
  // The table as it was when the statement was bound.
  const SnapshotPointer& snapshot() const { return snapshot_; }
  const Schema& table_schema() const { return *snapshot_->schema; }
  const TableDefinition& definition() const { return *definition_; }
  const TableDefinitionPointer& shared_definition() const { return definition_; }

  // The stored (not generated) fields, in physical column order.
  size_t stored_count() const { return definition_->stored_fields.size(); }
  const Field& StoredField(duckdb::PhysicalIndex column) const {
    return table_schema().fields[definition_->stored_fields[column.index]];
  }

  duckdb::unique_ptr<duckdb::CatalogEntry> Copy(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext& context,
                                                           duckdb::column_t column) override;
  duckdb::TableFunction GetScanFunction(
      duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
  duckdb::TableFunction GetScanFunction(duckdb::ClientContext& context,
                                        duckdb::unique_ptr<duckdb::FunctionData>& bind_data,
                                        const duckdb::EntryLookupInfo& lookup) override;
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;
  // Every UPDATE is a DELETE and an INSERT of whole rows: asks for all stored columns.
  void BindUpdateConstraints(duckdb::Binder& binder, duckdb::LogicalGet& get,
                             duckdb::LogicalProjection& projection, duckdb::LogicalUpdate& update,
                             duckdb::ClientContext& context) override;
  duckdb::virtual_column_map_t GetVirtualColumns() const override;
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override;

 private:
  SchemaEntryPointer schema_entry_;
  CatalogObjectPointer object_;
  SnapshotPointer snapshot_;
  TableDefinitionPointer definition_;
};

// Builds the definition. Throws InvalidInputException naming what this DuckDB does not know.
TableDefinitionPointer DefineTable(const std::string& name, std::shared_ptr<const Schema> schema);

}  // namespace icefall
