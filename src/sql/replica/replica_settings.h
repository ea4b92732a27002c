// When data files have replicas, and when these are read.
#pragma once

#include <cstdint>

#include "duckdb/main/client_context.hpp"

#include "table/snapshot.h"

namespace icefall {

// The table option, see sql/table_options.h.
inline constexpr const char* kReplicaOption = "replica";

// Adds the settings icefall_replicas, icefall_replicate_at_commit, icefall_replica_rows_min and
// icefall_replicas_mib.
void RegisterReplicaSettings(duckdb::DatabaseInstance& db);

// The table's option says that there are to be replicas.
bool HasReplicas(const Snapshot& snapshot);

// icefall_replicas: replicas are read where they are there and faster.
bool ReadsReplicas(duckdb::ClientContext& context);

// icefall_replicate_at_commit: statements make the replicas of the data files that they write.
bool ReplicatesAtCommit(duckdb::ClientContext& context);

// icefall_replica_rows_min: data files of fewer rows get none.
uint64_t ReplicaRowsMin(duckdb::ClientContext& context);

// icefall_replicas_mib, in bytes: of all replicas of a database.
uint64_t ReplicaBudgetBytes(duckdb::ClientContext& context);

}  // namespace icefall
