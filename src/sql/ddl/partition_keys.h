// PARTITIONED BY and SORTED BY clauses in the form of the neutral model.
#pragma once

#include <string>
#include <vector>

#include "duckdb/parser/parsed_expression.hpp"
#include "duckdb/parser/result_modifier.hpp"

#include "table/schema.h"

namespace icefall {

// A key is a column, or year, month, day or hour of one, bucket(n, column) or
// truncate(n, column). Throws BinderException naming the key.
std::vector<PartitionField> ParsePartitionKeys(
    const duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>& keys, const Schema& schema);

// Ascending, NULLs last. Throws BinderException for a column that the table does not have.
SortOrder ParseSortKeys(const duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>& keys,
                        const Schema& schema);
SortOrder ParseSortKeys(const duckdb::vector<duckdb::OrderByNode>& keys, const Schema& schema);

}  // namespace icefall
