// The options of CREATE TABLE ... WITH (...) and ALTER TABLE ... SET (...).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "table/snapshot.h"

namespace icefall {

// A name with a dot in it is the user's own and takes any value. Throws BinderException for a name
// that means nothing here, listing those that do, and for a value that does not fit.
void CheckTableOption(const std::string& name, const std::string& value);

// target_file_size_bytes: a data file is closed when it has grown past this. 512 MB unless set.
uint64_t TargetFileSizeBytes(const Snapshot& snapshot);

// parquet_compression, in DuckDB's spelling; nothing when it is not set.
std::optional<std::string> ParquetCompression(const Snapshot& snapshot);

}  // namespace icefall
