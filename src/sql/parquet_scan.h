// DuckDB's own scan of Parquet files, to make scans of tables from.
#pragma once

#include "duckdb/function/table_function.hpp"
#include "duckdb/main/client_context.hpp"

namespace icefall {

// A copy of it to be changed: its multi-file reader says which files it reads.
// Throws: duckdb::CatalogException without the parquet extension.
duckdb::TableFunction ParquetScanFunction(duckdb::ClientContext& context);

// Binds such a copy to the files that its multi-file reader lists, with no argument and no option.
// `types` and `names` become the columns that the reader binds.
duckdb::unique_ptr<duckdb::FunctionData> BindParquetScan(duckdb::ClientContext& context,
                                                         duckdb::TableFunction& function,
                                                         duckdb::vector<duckdb::LogicalType>& types,
                                                         duckdb::vector<duckdb::string>& names);

}  // namespace icefall
