// `ATTACH ... (TYPE icefall)` where an icedb table is.
#pragma once

#include <string>
#include <string_view>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/main/attached_database.hpp"

#include "sql/icedb/icedb_tables.h"

namespace icefall {

// The statement says FORMAT icedb: for a location where no log file is yet, too.
bool AsksForIcedb(const duckdb::AttachOptions& options);
// An option, in capitals, that counts for icedb tables only.
bool IsIcedbOption(std::string_view option);
// Whether there are such options, FORMAT aside.
bool HasIcedbOptions(const duckdb::AttachOptions& options);
// Whether the log of an icedb table is at the location, or where options say that it is.
bool IsIcedb(const std::string& location);
bool IsIcedb(const std::string& location, const duckdb::AttachOptions& options);

// Throws for wrong options.
duckdb::unique_ptr<duckdb::Catalog> AttachIcedb(IcedbTables& tables, duckdb::AttachedDatabase& db,
                                                const std::string& location,
                                                duckdb::AttachOptions& options);

}  // namespace icefall
