// A directory (or bucket prefix) as a database: the engine's front door.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "database/transaction.h"
#include "store/object_store.h"

namespace icefall {

struct DatabaseOptions {
  bool read_only = false;
  // Makes an empty database where the location is missing or an empty directory.
  bool create_if_missing = false;
  // Log bytes behind the newest manifest after which a commit has a new one written; more makes
  // opening slower, less makes more manifests. The size of the last manifest counts, too.
  uint64_t manifest_interval_bytes = 256 * 1024;
  // A segment is closed when it has grown past this.
  uint64_t segment_size_bytes_max = 4 * 1024 * 1024;
  Clock* clock = nullptr;  // null: SystemClock()
};

// One commit of a table, for people.
struct CommitSummary {
  Sequence sequence;
  DatabaseSequence database_sequence;
  TimestampMicros committed_at = 0;
  std::string operation;
  std::map<std::string, std::string> summary;
  std::string parent_hash;
  uint64_t live_rows = 0;
  uint64_t fragments = 0;  // data files, and one more when there are inline rows
  SchemaId schema;
};

// Thread-safe. Must outlive its transactions.
class Database {
 public:
  virtual ~Database() = default;

  // `location`: a path, or a URL of a scheme that src/store/registry.h knows. Errors: kNotFound
  // for a missing directory; kInvalidArgument for one that is no database (has other files, no
  // _catalog); kCorruption.
  static Result<std::unique_ptr<Database>> Open(std::string_view location,
                                                const DatabaseOptions& options);
  // On a store that the caller made (tests, fault injection, memory).
  static Result<std::unique_ptr<Database>> Open(std::shared_ptr<ObjectStore> store,
                                                const DatabaseOptions& options);

  virtual Result<std::unique_ptr<Transaction>> Begin() = 0;

  // The commits of a table in ascending order, those a reader can still travel to.
  virtual Result<std::vector<CommitSummary>> History(std::string_view table_uuid) = 0;

  // The snapshot at `sequence` of a table's log, whether or not the table still has a name.
  virtual Result<SnapshotPointer> TableAt(std::string_view table_uuid, Sequence sequence) = 0;

  virtual ObjectStore& store() = 0;
  virtual const std::string& location() const = 0;
  virtual bool read_only() const = 0;
};

}  // namespace icefall
