// Replicas of a whole table: making those that are missing, and removing those of no use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "sql/maintenance/rewrite_rows.h"
#include "table/snapshot.h"

namespace icefall {

class IcefallCatalog;

struct ReplicateReport {
  uint64_t built_files = 0;
  uint64_t built_bytes = 0;
  uint64_t kept_files = 0;     // were there, and sound as far as opening them tells
  uint64_t removed_files = 0;  // see RemoveUselessReplicas
  uint64_t skipped_files = 0;  // found no room in the budget
  uint64_t total_bytes = 0;    // of the table's replicas now
};

// Makes the replicas that the table's option asks for, of the newest state of the table; removes
// those that it does not ask for. Safe beside readers, writers and itself. Each file is on disk
// as soon as it is built: stopped anywhere, another call goes on. Throws DuckDB's exceptions;
// NotImplementedException where the database is not in a directory.
ReplicateReport Replicate(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const std::string& table_uuid, RewriteProgress& progress);

// The same behind maintenance that has written data files: does nothing where the table's option is
// off, and leaves it to the next call where replicas cannot be made. Throws only when it is stopped
// (ThrowStopped).
void ReplicateAfterwards(duckdb::ClientContext& context, IcefallCatalog& catalog,
                         const std::string& table_uuid, RewriteProgress& progress);

// The same behind a commit: makes the replicas of the data files that it has brought the table, of
// which `snapshot` is the state after it, where the session and the table's option want that.
// Throws nothing: the commit stands, and queries read the data files; DuckDB's log says what
// failed.
void ReplicateAfterCommit(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const SnapshotPointer& snapshot);

// Deletes replicas of data files that the table no longer has, or all where its option is off,
// those of tables that are no longer there, and files that were never finished. Answers how many.
uint64_t RemoveUselessReplicas(IcefallCatalog& catalog, const std::string& table_uuid);

struct ReplicaStatus {
  uint64_t fragment_id = 0;
  std::string path;  // of the data file
  uint64_t row_count = 0;
  uint64_t size_bytes = 0;
  std::string replica;  // key of the file; empty: there is none
  uint64_t replica_size_bytes = 0;
};

// One for each data file of the table.
std::vector<ReplicaStatus> ReplicasOf(IcefallCatalog& catalog, const Snapshot& snapshot);

}  // namespace icefall
