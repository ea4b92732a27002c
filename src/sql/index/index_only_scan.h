// Rows that an index alone answers: no page of their data file is read.
#pragma once

#include "duckdb/common/multi_file/base_file_reader.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// Every column that the scan asks for is in the keys of the rows found, or follows from where these
// are.
bool IsAnsweredByIndex(const ScanFile& file);

// Stands for the file's reader then.
duckdb::shared_ptr<duckdb::BaseFileReader> OpenIndexRows(duckdb::ClientContext& context,
                                                         const duckdb::OpenFileInfo& info,
                                                         const ScanFile& file);

}  // namespace icefall
