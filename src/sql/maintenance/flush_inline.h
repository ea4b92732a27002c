// Inline rows are text in commit lines: many of them belong into data files.
#pragma once

#include <atomic>
#include <string>

#include "duckdb/main/database.hpp"

#include "sql/icefall_catalog.h"
#include "table/snapshot.h"

namespace icefall {

// Flushes one table at a time. Thread-safe.
class InlineFlush {
 public:
  // So many rows, or bytes, that a scan of the table would notice.
  static bool IsDue(const InlineRows& rows);

  // Moves the table's inline rows into data files, in a transaction of its own: nobody's changes
  // conflict with that, see ChangeSet::moves_rows. Does nothing while another flush runs here, nor
  // when it fails: whoever commits next tries again, and DuckDB's log has a warning of type
  // `icefall`.
  void Run(duckdb::DatabaseInstance& instance, IcefallCatalog& catalog,
           const std::string& table_uuid);

 private:
  std::atomic_flag running_;
};

}  // namespace icefall
