// ALTER TABLE's changes of columns and nested fields, as pure functions on a schema.
#pragma once

#include <string>
#include <vector>

#include "duckdb/parser/parsed_data/alter_table_info.hpp"

#include "table/snapshot.h"

namespace icefall {

// The field of the top level. Throws BinderException naming table and column.
// A generated column that is computed from the field; null when there is none.
const Field* GeneratedFrom(const Schema& schema, const std::string& table, const Field& field);

Field& FindColumn(Schema& schema, const std::string& table, const std::string& column);

// The field at a path of names: "s", "a"; "element", "key" and "value" lead into lists and maps.
// Throws BinderException for a path that is not there or into a column that is read by name.
Field& FindField(Schema& schema, const std::string& table,
                 const duckdb::vector<duckdb::string>& path);

// Rewrites what expressions of the schema and the sort order say of the column.
void RenameColumn(Schema& schema, SortOrder& order, const std::string& table,
                  const std::string& old_name, const std::string& new_name);

// `cascade`: generated columns that depend on the column go with it. Throws an exception that names
// what depends on it: a key, a check, a generated column, the partitioning or the sort order.
void RemoveColumn(Schema& schema, const Snapshot& snapshot, const std::string& table,
                  const std::string& column, bool cascade);

void AddNestedField(Schema& schema, const std::string& table, Field field,
                    const duckdb::AddFieldInfo& info);
void RemoveNestedField(Schema& schema, const std::string& table,
                       const duckdb::RemoveFieldInfo& info);
void RenameNestedField(Schema& schema, const std::string& table,
                       const duckdb::RenameFieldInfo& info);

}  // namespace icefall
