// An index of a table, as DuckDB's catalog sees it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

class IcefallTransaction;

class IcefallIndexEntry : public duckdb::IndexCatalogEntry {
 public:
  IcefallIndexEntry(TableEntryPointer table, duckdb::CreateIndexInfo& info);

  duckdb::string GetSchemaName() const override { return schema.name; }
  duckdb::string GetTableName() const override { return table_->name; }

  IcefallTableEntry& table() const { return *table_; }

 private:
  const TableEntryPointer table_;
};

// What CREATE INDEX made; keys of the table are not among them. Names are compared without case.
void ForEachIndex(IcefallTransaction& transaction, const std::string& schema,
                  const std::function<void(IcefallIndexEntry&)>& visit);
// Null when there is none.
IcefallIndexEntry* FindIndex(IcefallTransaction& transaction, const std::string& schema,
                             const std::string& name);

}  // namespace icefall
