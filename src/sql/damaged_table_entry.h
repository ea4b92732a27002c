// A table whose log cannot be read: it has its name, so that lists can name it, and nothing else.
#pragma once

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"

#include "base/error.h"
#include "database/catalog_snapshot.h"
#include "sql/entry_cache.h"

namespace icefall {

// Throws the error of reading a table; where it is damage, with what doctor says of that.
[[noreturn]] void ThrowUnreadable(const Error& error);

// Without columns. Only in lists: a lookup throws.
class DamagedTableEntry : public duckdb::TableCatalogEntry {
 public:
  // `error`: why the table cannot be read.
  DamagedTableEntry(SchemaEntryPointer schema, const CatalogObject& object, Error error);
  ~DamagedTableEntry() override;

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext& context,
                                                           duckdb::column_t column) override;
  duckdb::TableFunction GetScanFunction(
      duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;

 private:
  SchemaEntryPointer schema_entry_;
  const Error error_;
};

}  // namespace icefall
