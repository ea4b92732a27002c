// Texts that stand for what an expression answers, whatever columns are called.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "table/schema.h"

namespace icefall {

// The stored column that a reference is; null when it is something else.
using FieldOfColumn = std::function<const Field*(const duckdb::BoundColumnRefExpression&)>;

// Equal for two expressions only if they answer the same of rows that agree in their stored
// columns, in any process with this version of DuckDB. Absent where that cannot be told.
std::optional<std::string> SignatureOf(duckdb::ClientContext& context,
                                       const duckdb::Expression& expression,
                                       const FieldOfColumn& field_of);

// As above, for the rows that pass a filter on a column.
std::optional<std::string> SignatureOf(duckdb::ClientContext& context,
                                       const duckdb::TableFilter& filter, const Field& field,
                                       const duckdb::LogicalType& type);

// What else decides answers of expressions: the version, and settings of the session.
std::string SignatureOfSession(duckdb::ClientContext& context);

}  // namespace icefall
