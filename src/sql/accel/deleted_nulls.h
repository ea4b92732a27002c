// How many of a data file's deleted rows hold NULL in a column, so that COUNT of it stays exact.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "duckdb/main/client_context.hpp"

#include "format/deletion_vector.h"

namespace icefall {

struct ScanFile;

struct DeletedNulls {
  std::shared_ptr<const DeletionVector> deletes;
  uint64_t count = 0;  // of them
};

// Of the file's deleted rows as they are. Reads what the pages say of NULLs at the rows that are
// not in the catalog's cache yet, or scans the column where that cannot be read; absent when it
// would have to scan more than `scanned_rows_max` rows. `column`: position in the schema's fields.
// Precondition: rows are deleted. Throws DuckDB's exceptions.
std::optional<uint64_t> CountDeletedNulls(duckdb::ClientContext& context, const ScanFile& file,
                                          size_t column, uint64_t scanned_rows_max);

}  // namespace icefall
