// Which files below `_cache` their readers would pass over; see maintenance/data_file_reader.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "maintenance/data_file_reader.h"
#include "sql/icefall_table_entry.h"

namespace icefall {

// Of one table, as DataFileReader::FindDamagedDerivedFiles. Inside a transaction of `context`.
// Throws what reading the data files throws.
std::vector<DamagedDerivedFile> FindDamagedDerivedFiles(
    duckdb::ClientContext& context, const IcefallTableEntry& table,
    const std::map<std::string, std::string>& data_files, DerivedDepth depth);

}  // namespace icefall
