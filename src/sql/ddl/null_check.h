// Whether a column is ready to be NOT NULL.
#pragma once

#include "sql/icefall_table_entry.h"

namespace icefall {

// Looks at statistics, and at the rows when these do not tell. Throws ConstraintException naming
// table and column when a row has NULL there.
void CheckNoNulls(duckdb::ClientContext& context, IcefallTableEntry& table, const Field& field);

}  // namespace icefall
