// The table functions on icedb tables. All take a location (see icedb::TableLocation) first.
#pragma once

#include "duckdb/function/table_function.hpp"

#include "sql/icedb/icedb_tables.h"

namespace icefall {

// And icefall_requests(), which counts for these tables as for databases, and
// icedb_bucket_number(text), which is icedb::BucketNumber.
void RegisterIcedbFunctions(duckdb::DatabaseInstance& db,
                            const duckdb::shared_ptr<IcedbTables>& tables);

// icedb_files(location, at_ms), icedb_logs(location, at_ms), icedb_columns(location, at_ms),
// icedb_state(location, at_ms), icedb_fit(location, columns), icedb_path(location): what is there;
// icedb_store(location, key, bytes): stores a data file that no log names yet;
// icedb_partition_sql(rule): the expression of the partition's name over the columns of rows.
std::vector<duckdb::TableFunction> IcedbReadFunctions();
// icedb_commit, icedb_merge, icedb_cleanup, icedb_remove_partitions,
// icedb_rewrite_partition, icedb_merge_logs, icedb_repair, icedb_orphans: what changes it, one row
// about it each.
std::vector<duckdb::TableFunction> IcedbChangeFunctions();
// icedb_scan(location, at_ms): the rows.
duckdb::TableFunction IcedbScanFunction();

}  // namespace icefall
