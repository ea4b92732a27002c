// Column types between DuckDB and the neutral model, and the form they take in Parquet.
#pragma once

#include <vector>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/value.hpp"

#include "base/result.h"
#include "table/schema.h"
#include "table/type.h"

namespace icefall {

// Nested fields get id 0, see AssignFieldIds. Throws NotImplementedException for a type that no
// column can have (TABLE, AGGREGATE_STATE, NULL, …), naming it.
Type FromDuckdb(const duckdb::LogicalType& type);

// Throws InvalidInputException naming a spelling that this DuckDB does not know.
duckdb::LogicalType ToDuckdb(const Type& type);

// What a value of the type is cast to before it is written into a Parquet file: the type itself
// where Parquet gives back the same value, VARCHAR where it would not (HUGEINT, INTERVAL, …), a
// STRUCT for UNION; the same inside nested types. Reading casts back. See docs/types.md.
duckdb::LogicalType PhysicalType(const duckdb::LogicalType& type);

// PhysicalType differs from the type, at any depth.
bool NeedsPhysicalCast(const duckdb::LogicalType& type);

// A UNION or ARRAY is somewhere inside the type. Files hold what is in these without field ids, and
// DuckDB maps no column by id that has one inside: such a column is read as a whole, by names.
bool IsReadByName(const Type& type);

// The `field_ids` option of DuckDB's Parquet COPY for these fields, ids of nested ones included.
// Fields with generated_as are left out.
duckdb::Value FieldIdsOption(const std::vector<Field>& fields);

}  // namespace icefall
