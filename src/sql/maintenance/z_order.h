// A Z-curve over columns of any type, as a sort order.
#pragma once

#include <string>
#include <vector>

#include "duckdb/main/connection.hpp"

#include "sql/icefall_table_entry.h"
#include "table/schema.h"

namespace icefall {

// Each column is cut into 256 ranges with about as many rows each, as a sample of the table shows;
// the curve runs through the cells. `table` as the connection's open transaction sees it. Throws
// BinderException for a column that it does not have, or more than 8 of them.
SortOrder ZOrder(duckdb::Connection& connection, const IcefallTableEntry& table,
                 const std::vector<std::string>& columns);

// Makes the function known that such an order calls.
void RegisterZOrder(duckdb::DatabaseInstance& db);

}  // namespace icefall
