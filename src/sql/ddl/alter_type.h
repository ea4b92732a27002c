// ALTER COLUMN ... TYPE.
#pragma once

#include "duckdb/parser/parsed_data/alter_table_info.hpp"

#include "sql/icefall_table_entry.h"
#include "table/change_set.h"

namespace icefall {

// Every value of `from` reads as the same value of `to`, in the same order, so that data files can
// stay as they are.
bool IsWidening(const duckdb::LogicalType& from, const duckdb::LogicalType& to);

// Retypes the column in `schema`. False: data files can stay as they are. True: the rows have to be
// written anew; `change` then removes all of them.
bool ChangeColumnType(const IcefallTableEntry& table, Schema& schema, ChangeSet& change,
                      const duckdb::ChangeColumnTypeInfo& info);

}  // namespace icefall
