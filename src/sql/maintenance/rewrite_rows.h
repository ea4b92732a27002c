// Writes rows of a table to new data files as they are, ids and commit numbers included.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "duckdb/main/connection.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/write/partition_values.h"
#include "table/fragment.h"
#include "table/schema.h"

namespace icefall {

struct RewriteRequest {
  TableEntryPointer table;  // whose current schema and partition spec the new files have
  TableEntryPointer rows;   // the same table, showing only the rows to write
  SortOrder order;          // none: the rows stay in the order of the scan
  // The partition that all rows are of; absent: every row is looked at.
  std::optional<PartitionTuple> partition;
  bool dense = false;  // see DataFileFormat
};

// Shared with those who watch. Rows or, where none are rewritten, other parts of the work.
struct RewriteProgress {
  std::atomic<uint64_t> rows_done = 0;
  std::atomic<uint64_t> rows_total = 0;
  std::function<bool()> is_cancelled;  // asked by the thread that rewrites; may be empty
  bool caller_waits = false;           // another thread waits for that one, and could work
};

// Runs in the connection's transaction, which must be open, on all threads; sorting spills. Answers
// the files, of which ids, first row ids and schema are for the caller to fill in; they are deleted
// when no change set names them. Throws DuckDB's exceptions, InterruptException when cancelled.
std::vector<Fragment> RewriteRows(duckdb::Connection& connection, const RewriteRequest& request,
                                  RewriteProgress& progress);

}  // namespace icefall
