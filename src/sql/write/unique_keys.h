// PRIMARY KEY and UNIQUE of the rows that a statement adds.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "index/key_run.h"
#include "sql/icefall_table_entry.h"
#include "sql/index/key_claim.h"
#include "sql/index/key_definition.h"
#include "sql/write/position_set.h"

namespace icefall {

class IcefallTransaction;

// Gathers the keys of new rows from many threads and compares them, once all are known, with one
// another and with the live rows of the table that the statement does not delete.
class UniqueKeys {
 public:
  explicit UniqueKeys(TableEntryPointer table);
  ~UniqueKeys();

  // What one thread has gathered.
  struct Local {
    std::vector<KeyRun> runs;   // one per key
    std::vector<bool> is_kept;  // by key: new rows have the values of rows that go
    bool is_alone = false;      // see NewLocal
  };
  // `changed`, by stored column, empty for all: a key of other columns only is compared with those
  // of other new rows at most, and only unless these rows are all that the statement adds, alone.
  std::unique_ptr<Local> NewLocal(const std::vector<bool>& changed = {},
                                  bool is_alone = false) const;
  // `rows` starts with the stored columns.
  void Append(Local& local, duckdb::DataChunk& rows) const;
  void Combine(Local& local);

  // When all threads have combined. Throws ConstraintException naming constraint, table and key.
  // `deleted` are rows of the table that the statement takes away.
  void Check(duckdb::ClientContext& context, const DeletedPositions& deleted);

  // After Check: has the commit compare the keys with what others will have committed. Once.
  void Claim(IcefallTransaction& transaction);

 private:
  struct Key {
    KeyDefinition definition;
    std::vector<KeyRun> runs;       // sorted, as are the others
    std::vector<KeyRun> kept_runs;  // of rows that take the key of one that goes
  };

  void CheckNew(const Key& key) const;
  void CheckFragments(duckdb::ClientContext& context, const Key& key,
                      const DeletedPositions& deleted) const;
  void CheckInlineRows(duckdb::ClientContext& context, const Key& key,
                       const DeletedPositions& deleted) const;
  DuplicateOf PlaceOf(Sequence added_at) const;
  DuplicateOf PlaceOfInlineRow(uint64_t position) const;
  [[noreturn]] void Throw(const Key& key, std::string_view duplicate, DuplicateOf where) const;

  TableEntryPointer table_;
  std::mutex mutex_;
  std::vector<Key> keys_;  // runs guarded by mutex_
};

}  // namespace icefall
