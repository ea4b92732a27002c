// CREATE [UNIQUE] INDEX and DROP INDEX.
#pragma once

#include <memory>
#include <string>

#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/planner/logical_operator.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

class IcefallTransaction;

// The plan of a CREATE INDEX. Throws BinderException for what cannot be indexed (expressions,
// generated columns) and for an index type other than BTREE, which is also the default.
duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(const duckdb::CreateIndexInfo& info,
                                                            IcefallTableEntry& table);

// The plan of ALTER TABLE … ADD PRIMARY KEY.
duckdb::unique_ptr<duckdb::LogicalOperator> BindAddKey(
    duckdb::unique_ptr<duckdb::CreateIndexInfo> info,
    duckdb::unique_ptr<duckdb::AlterTableInfo> alter, IcefallTableEntry& table);

// Gives the table the index. Throws CatalogException for a name that is taken, unless the statement
// says IF NOT EXISTS; ConstraintException naming a value that a unique index would have twice.
void CreateIndex(duckdb::ClientContext& context, const duckdb::CreateIndexInfo& info,
                 IcefallTableEntry& table);

void DropIndex(IcefallTransaction& transaction, IcefallTableEntry& table, const std::string& name);

}  // namespace icefall
