// The scan of a table as a DuckDB table function.
#pragma once

#include "duckdb/function/table_function.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

#include "sql/scan/scan_target.h"

namespace icefall {

// DuckDB's Parquet scan, bound to the table at the entry's snapshot.
duckdb::TableFunction BindTableScan(duckdb::ClientContext& context, TableEntryPointer entry,
                                    duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// Has DuckDB know nothing of the values of columns that have one in each file.
void WithholdPartitionStatistics(duckdb::LogicalGet& scan);

// What a plan that DuckDB wrote down and reads again finds by name; it cannot be called.
duckdb::TableFunction StoredScanFunction();

// Of one column over all fragments; null when nothing is known.
duckdb::unique_ptr<duckdb::BaseStatistics> TableStatistics(duckdb::ClientContext& context,
                                                           IcefallTableEntry& entry,
                                                           duckdb::column_t column);

}  // namespace icefall
