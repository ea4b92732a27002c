// The replicas that a database has open, shared by its queries.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "duckdb/catalog/catalog_entry/duck_table_entry.hpp"

#include "sql/replica/replica_columns.h"
#include "sql/replica/replica_database.h"
#include "store/object_store.h"

namespace icefall {

// Immutable.
struct OpenReplica {
  ObjectKey key;
  ReplicaDatabase database;
  duckdb::DuckTableEntry* table = nullptr;  // of `database`, valid as long as that
  ReplicaLayout layout;
};

using OpenReplicaPointer = std::shared_ptr<const OpenReplica>;

// The least recently used are closed first, and those whose file is gone when they are asked for.
// Thread-safe.
class OpenReplicas {
 public:
  explicit OpenReplicas(ObjectStore& store) : store_(store) {}

  // Of the fragment. Null when there is no file, or another than it has to be: nothing is thrown
  // for a file that is damaged. Never follows a link out of the database.
  OpenReplicaPointer Get(duckdb::ClientContext& context, const Snapshot& snapshot,
                         const Fragment& fragment);

  // Closes and deletes a file that turned out to be damaged.
  void Discard(const ObjectKey& key);

  struct Counters {
    uint64_t open = 0;
    uint64_t hits = 0;     // of Get that found it open
    uint64_t opened = 0;   // by Get
    uint64_t damaged = 0;  // or not what was wanted
  };
  Counters counters();

 private:
  // Each is an open file.
  static constexpr size_t kOpenMax = 128;
  using Items = std::list<OpenReplicaPointer>;

  void Forget(const ObjectKey& key);

  ObjectStore& store_;
  std::mutex mutex_;  // guards what follows
  Items items_;       // newest first
  std::unordered_map<ObjectKey, Items::iterator> places_;
  Counters counters_;
};

}  // namespace icefall
