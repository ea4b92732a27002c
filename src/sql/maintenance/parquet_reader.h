// DuckDB's Parquet reader for checks.
#pragma once

#include <memory>

#include "maintenance/data_file_reader.h"

namespace icefall {

// With a DuckDB instance of its own. One thread at a time.
Result<std::unique_ptr<DataFileReader>> MakeParquetReader();

}  // namespace icefall
