// Columns with one value in each file, such as those that a table is partitioned by: rows grouped
// by these need no hash table.
#pragma once

#include "duckdb/common/types/value.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// Whether every file of the list has one value in each of the columns of the table. False also
// where that is not known.
bool HaveOneValue(duckdb::ClientContext& context, const FragmentList& list,
                  const duckdb::vector<duckdb::column_t>& columns);

// It, of a file and a column of which HaveOneValue is true.
duckdb::Value OnlyValueOf(duckdb::ClientContext& context, const ScanFile& file,
                          duckdb::column_t column);

}  // namespace icefall
