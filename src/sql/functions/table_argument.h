// The table that a table function's first argument names.
#pragma once

#include "duckdb/common/types/value.hpp"

#include "sql/icefall_catalog.h"
#include "sql/icefall_table_entry.h"
#include "sql/icefall_transaction.h"

namespace icefall {

struct TableArgument {
  IcefallTransaction& transaction;
  TableEntryPointer entry;
};

// `name`: "table", "schema.table", "database.table" or "database.schema.table", parts quoted as in
// SQL; looked up on the search path. Throws CatalogException when there is no such table,
// InvalidInputException when it is not in an IcefallDB database.
TableArgument FindTableArgument(duckdb::ClientContext& context, const duckdb::Value& name);

// The same of a table that may be damaged, for which only the catalog is asked.
struct NamedTable {
  IcefallCatalog& catalog;
  ObjectName name;
};

// Unqualified names are those of the current schema. Throws as FindTableArgument, but leaves it to
// the caller whether there is such a table.
NamedTable FindNamedTable(duckdb::ClientContext& context, const duckdb::Value& name);

// The database that has this name, or the current one when it is NULL. Throws CatalogException when
// there is none, InvalidInputException when it is no IcefallDB database.
IcefallCatalog& FindNamedDatabase(duckdb::ClientContext& context, const duckdb::Value& name);

}  // namespace icefall
