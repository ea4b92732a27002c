// Views, types, macros and sequences as the SQL text that makes them again.
#pragma once

#include <memory>

#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_info.hpp"

#include "database/catalog_snapshot.h"

namespace icefall {

class IcefallTransaction;

// Properties of a view and of a table: the comment of a column, that of an index; its name follows.
inline constexpr const char* kColumnComment = "comment on column ";
inline constexpr const char* kIndexComment = "comment on index ";

// The CREATE statement, without names of databases, OR REPLACE and IF NOT EXISTS: those of the
// moment it was run in.
std::string StatementText(const duckdb::CreateInfo& info);

// The statement of an object in `schema`, names of databases and schemas filled in. Throws
// InvalidInputException naming the object when this DuckDB cannot parse its text.
duckdb::unique_ptr<duckdb::CreateInfo> ParseDefinition(const duckdb::SchemaCatalogEntry& schema,
                                                       const CatalogObject& object);

// The catalog entry of a view, type or macro. Throws as ParseDefinition.
std::shared_ptr<duckdb::CatalogEntry> MakeObjectEntry(duckdb::ClientContext& context,
                                                      duckdb::SchemaCatalogEntry& schema,
                                                      const CatalogObject& object);

// Makes room for a CREATE of `name`. False: it exists and the statement is content with that.
// Throws CatalogException when it exists and must not, or is of another kind.
bool PrepareCreate(IcefallTransaction& transaction, const ObjectName& name, ObjectKind kind,
                   duckdb::OnCreateConflict on_conflict);

}  // namespace icefall
