// Writes the rows of a table anew with another value in one column.
#pragma once

#include "duckdb/parser/parsed_expression.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/icefall_transaction.h"

namespace icefall {

// `before`: the table with its rows. The transaction already sees it without rows, and with the
// column retyped. Rows keep their ids. `expression` is over the columns of `before`; null: a cast.
// Throws ConversionException or ConstraintException when a row does not fit.
void RewriteColumn(IcefallTransaction& transaction, duckdb::ClientContext& context,
                   IcefallTableEntry& before, const std::string& column,
                   duckdb::unique_ptr<duckdb::ParsedExpression> expression);

}  // namespace icefall
