// ALTER TABLE as a change set of the table.
#pragma once

#include <string>

#include "duckdb/parser/parsed_data/alter_table_info.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/icefall_transaction.h"

namespace icefall {

// Everything but RENAME TO. Throws BinderException or CatalogException naming table and column
// when the statement does not fit the table, ConstraintException when the rows do not.
void AlterTable(IcefallTransaction& transaction, duckdb::ClientContext& context,
                IcefallTableEntry& table, duckdb::AlterTableInfo& info);

void SetColumnComment(IcefallTransaction& transaction, IcefallTableEntry& table,
                      const std::string& column, const duckdb::Value& comment);

}  // namespace icefall
