// Views, types and macros as the SQL text that makes them again.
#pragma once

#include <memory>

#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_info.hpp"

#include "database/catalog_snapshot.h"

namespace icefall {

class IcefallTransaction;

// The CREATE statement, without names of databases, OR REPLACE and IF NOT EXISTS: those of the
// moment it was run in.
std::string StatementText(const duckdb::CreateInfo& info);

// The catalog entry of a view, type or macro. Throws InvalidInputException naming the object when
// this DuckDB cannot parse its text.
std::shared_ptr<duckdb::CatalogEntry> MakeObjectEntry(duckdb::ClientContext& context,
                                                      duckdb::SchemaCatalogEntry& schema,
                                                      const CatalogObject& object);

// Makes room for a CREATE of `name`. False: it exists and the statement is content with that.
// Throws CatalogException when it exists and must not, or is of another kind.
bool PrepareCreate(IcefallTransaction& transaction, const ObjectName& name, ObjectKind kind,
                   duckdb::OnCreateConflict on_conflict);

}  // namespace icefall
