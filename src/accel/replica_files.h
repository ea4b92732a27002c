// Where copies of data files in DuckDB's format are kept, and what they are copies of; see
// docs/format/replica.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"
#include "table/fragment.h"

namespace icefall {

// Everything that the rows of a replica depend on, as text; equal for equal rows only.
std::string ReplicaIdentity(std::string_view table_uuid, const Fragment& fragment);

// Of the file with this identity.
ObjectKey ReplicaKey(std::string_view table_uuid, std::string_view identity);

// Where one is written before it is renamed to `key`; another one with every call, in every
// process. Not named as replicas are.
ObjectKey UnfinishedReplicaKey(const ObjectKey& key);

// Makes the finished file the replica. Error: the system's, and the unfinished file is gone.
Result<void> PublishReplica(ObjectStore& store, const ObjectKey& unfinished, const ObjectKey& key);

struct ReplicaFile {
  ObjectInfo info;
  std::string table_uuid;
  bool is_finished = false;  // named as replicas are
};

// All, or those of one table. None on a store whose files have no paths.
Result<std::vector<ReplicaFile>> ListReplicas(ObjectStore& store, std::string_view table_uuid = "");

}  // namespace icefall
