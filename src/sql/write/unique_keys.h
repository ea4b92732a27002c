// PRIMARY KEY and UNIQUE of the rows that a statement adds.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/common/types/data_chunk.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/write/position_set.h"

namespace icefall {

// Gathers the keys of new rows from many threads and compares them, once all are known, with one
// another and with the live rows of the table that the statement does not delete.
class UniqueKeys {
 public:
  explicit UniqueKeys(TableEntryPointer table);
  ~UniqueKeys();

  // False when the table has no key; the other calls then do nothing.
  bool any() const { return !keys_.empty(); }

  // What one thread has gathered.
  using Rows = duckdb::unique_ptr<duckdb::ColumnDataCollection>;
  struct Local {
    std::vector<Rows> rows;  // one per key; null for a key that keeps its values
  };
  // `changed`, by stored column, empty for all: a key of other columns only needs no comparison.
  std::unique_ptr<Local> NewLocal(duckdb::ClientContext& context,
                                  const std::vector<bool>& changed = {}) const;
  // `rows` starts with the stored columns.
  void Append(Local& local, duckdb::DataChunk& rows) const;
  void Combine(Local& local);
  // Check compares something. When all threads have combined.
  bool has_rows() const;

  // Throws ConstraintException naming constraint, table and key. `deleted` are rows of the table
  // that the statement takes away.
  void Check(duckdb::ClientContext& context, const DeletedPositions& deleted);

 private:
  struct Key {
    std::string name;
    std::vector<size_t> columns;  // of the stored ones
    duckdb::vector<duckdb::LogicalType> types;
  };
  class Index;

  void CheckKey(duckdb::ClientContext& context, const Key& key, duckdb::ColumnDataCollection& rows,
                const DeletedPositions& deleted) const;
  // Compares with the rows that were there before.
  void CheckStored(duckdb::ClientContext& context, const Key& key, Index& index,
                   const DeletedPositions& deleted) const;

  TableEntryPointer table_;
  std::vector<Key> keys_;
  std::mutex mutex_;
  std::vector<Rows> rows_;  // one per key; guarded by mutex_
};

}  // namespace icefall
