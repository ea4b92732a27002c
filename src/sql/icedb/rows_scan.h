// The scan of an icedb table: DuckDB's Parquet scan, which opens files when it comes to them.
#pragma once

#include <optional>
#include <string>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/function/table_function.hpp"

#include "sql/icedb/icedb_tables.h"
#include "sql/icedb/table_view.h"

namespace icefall {

// Shared by every copy of the plan.
struct IcedbScanTarget : public duckdb::TableFunctionInfo {
  OpenIcedbTablePointer open;
  IcedbViewPointer view;
  // Null for a scan that no catalog knows.
  duckdb::optional_ptr<duckdb::TableCatalogEntry> entry;
  // Of the stores when the statement, or its transaction, began; absent where calls are none.
  std::optional<RequestCounts> requests_before;
};
using IcedbScanTargetPointer = duckdb::shared_ptr<IcedbScanTarget>;

// Columns by which a statement finds a row again: which file of the view, and where in it.
duckdb::vector<duckdb::column_t> IcedbRowIdColumns();
// They, and "filename".
duckdb::virtual_column_map_t IcedbVirtualColumns();

// Binds the scan; answers its columns in `types` and `names`.
duckdb::TableFunction BindIcedbScan(duckdb::ClientContext& context, IcedbScanTargetPointer target,
                                    duckdb::unique_ptr<duckdb::FunctionData>& bind_data,
                                    duckdb::vector<duckdb::LogicalType>& types,
                                    duckdb::vector<duckdb::string>& names);

}  // namespace icefall
