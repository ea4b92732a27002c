// What can be told of a logical plan by looking at it.
#pragma once

#include <cstdint>
#include <optional>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace icefall {

// How many rows the operator can answer at most, where that is certain.
std::optional<uint64_t> RowCountMax(const duckdb::LogicalOperator& op);

// A plain scan of the table, with nothing that only the scan can do.
bool IsScanOf(const duckdb::LogicalOperator& op, const duckdb::TableCatalogEntry& table);

}  // namespace icefall
