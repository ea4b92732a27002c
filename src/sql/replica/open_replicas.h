// The replicas that a database has open, shared by its queries.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/catalog/catalog_entry/duck_table_entry.hpp"

#include "base/recently_used.h"
#include "sql/replica/ascending_rows.h"
#include "sql/replica/replica_columns.h"
#include "sql/replica/replica_database.h"
#include "store/file_descriptor.h"
#include "store/object_store.h"

namespace icefall {

// Immutable.
struct OpenReplica {
  std::string data_file;  // the table's uuid, a space and Fragment::path
  ObjectKey key;
  FileDescriptor file;
  ReplicaDatabase database;
  duckdb::DuckTableEntry* table = nullptr;  // of `database`, valid as long as that
  ReplicaLayout layout;
  std::vector<std::optional<AscendingRows>> ascending;  // by the places of columns in the layout
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
  void Discard(const OpenReplica& replica);

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

  OpenReplicaPointer Find(const std::string& data_file);

  ObjectStore& store_;
  std::mutex mutex_;  // guards what follows
  // By table and path of the data file: names of replicas are hashes, which cost more.
  RecentlyUsed<std::string, OpenReplicaPointer> open_;
  Counters counters_;
};

}  // namespace icefall
