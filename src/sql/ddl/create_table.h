// CREATE TABLE as the first snapshot of a table.
#pragma once

#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"

#include "table/snapshot.h"

namespace icefall {

// Of a bound statement. Throws for what cannot be kept: foreign keys, types that are no column
// types, keys of columns that are not stored.
Snapshot InitialSnapshot(duckdb::ClientContext& context, const duckdb::CreateTableInfo& info);

// Adds a PRIMARY KEY or UNIQUE over `columns` of the table.
void AddKey(const duckdb::ColumnList& columns, const std::string& table,
            const duckdb::UniqueConstraint& key, Schema& schema);

// The neutral form of one column, without id.
Field FieldFromColumn(const duckdb::ColumnDefinition& column);

// The text of an option's value in WITH (...) and SET (...).
std::string OptionText(const duckdb::ParsedExpression& value);

}  // namespace icefall
