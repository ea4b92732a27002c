// Row ids out of data files, for commits that meet moved rows.
#pragma once

#include "database/database.h"

namespace icefall {

// Reads by DuckDB's Parquet reader, in an instance of its own: a commit runs inside a statement,
// whose connection and settings are not to be touched. Made with the first file, kept by the
// answer. Thread-safe.
StoredRowIdReader MakeStoredRowIdReader();

}  // namespace icefall
