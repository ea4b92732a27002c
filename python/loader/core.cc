// The engine as a DuckDB host sees it. icefall.duckdb_extension calls this once per database
// instance, after it has made the host's DuckDB symbols visible.
#include "duckdb/main/extension/extension_loader.hpp"

#include "sql/storage_extension.h"

extern "C" void icefall_core_init(duckdb::ExtensionLoader& loader) {
  loader.SetDescription("Tables in a directory of Parquet files, with row-level changes");
  icefall::RegisterIcefall(loader.GetDatabaseInstance());
}
