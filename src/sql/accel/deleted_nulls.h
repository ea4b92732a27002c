// How many of a data file's deleted rows hold NULL in a column, so that COUNT of it stays exact.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "duckdb/main/client_context.hpp"

#include "format/deletion_vector.h"
#include "table/ids.h"

namespace icefall {

struct ScanFile;

struct DeletedNulls {
  std::shared_ptr<const DeletionVector> deletes;
  uint64_t count = 0;  // of them
};

// Data files never change: what was found holds for ever. Thread-safe.
class DeletedNullCache {
 public:
  std::optional<DeletedNulls> Find(const std::string& path, FieldId field);
  // In the place of what was there.
  void Put(const std::string& path, FieldId field, DeletedNulls nulls);

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, FieldId>, DeletedNulls> nulls_;  // guarded by mutex_
};

// Of the file's deleted rows as they are. Reads what the pages say of NULLs at the rows that are
// not in the catalog's cache yet, or scans the column where that cannot be read; absent when it
// would have to scan more than `scanned_rows_max` rows. `column`: position in the schema's fields.
// Precondition: rows are deleted. Throws DuckDB's exceptions.
std::optional<uint64_t> CountDeletedNulls(duckdb::ClientContext& context, const ScanFile& file,
                                          size_t column, uint64_t scanned_rows_max);

}  // namespace icefall
