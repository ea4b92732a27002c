// ALTER COLUMN ... TYPE.
#pragma once

#include "duckdb/parser/parsed_data/alter_table_info.hpp"

#include "sql/icefall_table_entry.h"
#include "table/change_set.h"

namespace icefall {

// Retypes the column in `schema`. False: data files can stay as they are. True: the rows have to be
// written anew; `change` then removes all of them.
bool ChangeColumnType(duckdb::ClientContext& context, IcefallTableEntry& table, Schema& schema,
                      ChangeSet& change, const duckdb::ChangeColumnTypeInfo& info);

}  // namespace icefall
