// The columns of a schema as DuckDB's multi-file scan maps them: by field id, at every depth.
#pragma once

#include "duckdb/common/multi_file/multi_file_data.hpp"
#include "duckdb/main/client_context.hpp"

#include "table/schema.h"

namespace icefall {

// Which side of the mapping the definitions are for: on that of the file DuckDB wants the entries
// of a MAP wrapped in one "key_value" child, and the element of a LIST called "list".
enum class MappingSide : uint8_t { kTable, kFile };

// One per field, in order, generated ones included. On the table's side they say what a field
// reads as that a file does not have: its initial default.
duckdb::vector<duckdb::MultiFileColumnDefinition> ColumnDefinitions(
    duckdb::ClientContext& context, const std::vector<Field>& fields, MappingSide side);

// Adds the same of one field, of which DuckDB's type is known, to `columns`.
void AddColumnDefinition(duckdb::ClientContext& context, const Field& field,
                         const duckdb::LogicalType& type, MappingSide side,
                         duckdb::vector<duckdb::MultiFileColumnDefinition>& columns);

// The value of a SQL expression without columns, such as Field::initial_default.
duckdb::Value EvaluateConstant(duckdb::ClientContext& context, const std::string& expression,
                               const duckdb::LogicalType& type);

// The value that stands for the field in rows written before it was added.
duckdb::Value InitialValue(duckdb::ClientContext& context, const Field& field);

}  // namespace icefall
