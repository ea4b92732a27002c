// What a scan reads: one table at one snapshot.
#pragma once

#include <memory>
#include <string>

#include "duckdb/function/table_function.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

class IcefallCatalog;

// Shared by every copy of the plan; keeps the entry, and so the snapshot, alive.
struct ScanTarget : public duckdb::TableFunctionInfo {
  ScanTarget(duckdb::ClientContext& client, IcefallCatalog& owner, TableEntryPointer table)
      : context(&client), catalog(owner), entry(std::move(table)) {}

  duckdb::ClientContext* context;  // that plans and runs the scan
  IcefallCatalog& catalog;
  TableEntryPointer entry;
  // Of DuckDB's own scan of Parquet files.
  struct {
    duckdb::table_function_init_global_t init_global = nullptr;
    duckdb::table_function_init_local_t init_local = nullptr;
    duckdb::table_function_t function = nullptr;
    duckdb::table_function_get_partition_data_t get_partition_data = nullptr;
    duckdb::table_function_get_metrics_t get_metrics = nullptr;
  } files;
  // What DuckDB puts in front of Fragment::path to open the file.
  std::string path_prefix;

  const Snapshot& snapshot() const { return *entry->snapshot(); }
};

using ScanTargetPointer = duckdb::shared_ptr<ScanTarget>;

}  // namespace icefall
