// Decoded values of data files, kept for statements that look up single rows.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "duckdb/common/types/vector.hpp"

#include "base/recently_used.h"
#include "table/ids.h"
#include "table/schema.h"

namespace icefall {

// Positions of a file that are decoded together: a Parquet file has to be read by whole pages, and
// those that DuckDB writes have one of at most this many rows per column and row group.
inline constexpr uint64_t kColumnBlockSize = 122'880;

// The values of one column in kColumnBlockSize rows of a file, fewer in its last block. Immutable.
struct ColumnBlock {
  std::vector<duckdb::Vector> vectors;  // of STANDARD_VECTOR_SIZE values, the last of fewer
  uint64_t size_bytes = 0;
};

using ColumnBlockPointer = std::shared_ptr<const ColumnBlock>;

// What the values depend on. Data files never change, and their names are unique.
struct ColumnBlockKey {
  std::string path;                      // Fragment::path
  std::shared_ptr<const Schema> schema;  // that the values are read as
  uint64_t column = 0;                   // position in its fields, or a virtual column
  uint64_t block = 0;                    // position / kColumnBlockSize
  RowId first_row_id;                    // with `added_at`: of virtual columns, else 0; both are
  Sequence added_at;                     // provisional until the file's commit

  auto operator<=>(const ColumnBlockKey&) const = default;
};

// The least recently used are dropped first. Thread-safe.
class ColumnBlockCache {
 public:
  ColumnBlockPointer Find(const ColumnBlockKey& key);
  // Drops others until all are within `budget_bytes`; keeps nothing that is larger by itself.
  void Put(const ColumnBlockKey& key, ColumnBlockPointer block, uint64_t budget_bytes);
  uint64_t size_bytes();

 private:
  std::mutex mutex_;
  RecentlyUsed<ColumnBlockKey, ColumnBlockPointer> blocks_;  // guarded by mutex_; sizes are bytes
};

}  // namespace icefall
