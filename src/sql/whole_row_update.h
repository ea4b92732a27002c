// UPDATE of tables that replace rows whole.
#pragma once

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_update.hpp"

namespace icefall {

// Makes the update a delete and an insert of all columns of the table: those that it does not set
// come from its scan. For TableCatalogEntry::BindUpdateConstraints.
void UpdateWholeRows(duckdb::TableCatalogEntry& table, duckdb::LogicalGet& get,
                     duckdb::LogicalProjection& projection, duckdb::LogicalUpdate& update);

}  // namespace icefall
