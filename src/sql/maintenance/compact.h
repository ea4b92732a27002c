// Writing the rows of a table into fewer, fuller data files, in the order that suits queries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sql/icefall_catalog.h"
#include "sql/maintenance/rewrite_rows.h"

namespace icefall {

struct CompactRequest {
  ObjectName table;
  // Everything is written anew where there is an order to write it in, densely compressed.
  // Otherwise only what needs it is, in the table's own order.
  bool optimize = false;
  // As behind ORDER BY: the order instead of the table's own.
  std::string sort;
  // Columns by name: in the order of a Z-curve over them, so that ranges of each lie close
  // together. At most one of the two.
  std::vector<std::string> z_order;
};

// Inline rows count as one file.
struct CompactReport {
  uint64_t files_before = 0;
  uint64_t files_after = 0;
  uint64_t rows_before = 0;  // as stored, deleted ones included
  uint64_t rows_after = 0;
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;
  uint64_t rewritten_rows = 0;
  bool changed = false;  // else there was nothing to do, and nothing was committed
};

// Compacts in a transaction of its own, in one commit, which nobody's changes conflict with: rows
// that others delete meanwhile are deleted where they are now, see ChangeSet::moves_rows. Memory is
// what DuckDB's limit allows. Throws DuckDB's exceptions; then nothing has happened.
CompactReport Compact(duckdb::DatabaseInstance& instance, IcefallCatalog& catalog,
                      const CompactRequest& request, RewriteProgress& progress);

}  // namespace icefall
